"""Conservation: what was written off is held, recovered or reversed, and the ledger says the same (R29)."""

from sqlalchemy import ColumnElement, Select, case, or_, select

from store.engine.transaction import Transaction
from store.queries.months import month_of
from store.queries.reconciliation.equation import Entries, Equation, entries
from store.tables import (
    bucket_movements,
    buckets,
    journal_lines,
    journals,
    processes,
    tax_claims,
    write_off_agreements,
)

_WRITE_OFFS = ("write-off", "repossession")
_MOVES = ("recovery", "reversal")
#: Inventory lines are the debits of a write-off that say no source (R23).
_NO_SOURCES = "[]"


def ledger_equations(tx: Transaction, opco: str | None, period: str | None) -> list[Equation]:
    """Return the equations about money. With a period: about what was posted in it, and what came of that."""
    within = _Within(tx, opco, period)
    return [_balanced(within), _conserved(within), _held(within), _moved(within), _claimed(within)]


class _Within:
    """Which journals count: those of an opco, posted in a period."""

    def __init__(self, tx: Transaction, opco: str | None, period: str | None) -> None:
        self.opco = opco
        self.period = period
        self._month = month_of(tx, journals.c.posting_date)

    def journals(self) -> list[ColumnElement[bool]]:
        """Return the conditions on journals."""
        conditions: list[ColumnElement[bool]] = []
        if self.opco is not None:
            conditions.append(journals.c.opco == self.opco)
        if self.period is not None:
            conditions.append(self._month == self.period)
        return conditions

    def of_processes(self, process_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Return the conditions on what belongs to processes that were written off by these journals."""
        if not self.journals():
            return []
        written = select(journals.c.process_id).where(journals.c.kind.in_(_WRITE_OFFS), *self.journals())
        return [process_id.in_(written)]

    def of_agreements(self, opco: ColumnElement[str], sa_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """Return the conditions on write-off agreements that these journals touched."""
        conditions = [opco == self.opco] if self.opco is not None else []
        if self.period is not None:
            line = journal_lines.alias("touching")
            touched = (
                select(line.c.sa_id)
                .join(journals, journals.c.journal_id == line.c.journal_id)
                .where(line.c.sa_id.is_not(None), *self.journals())
            )
            conditions.append(sa_id.in_(touched))
        return conditions


def _balanced(within: _Within) -> Equation:
    def side(name: str) -> Entries:
        return (
            entries(
                journals.c.opco,
                journals.c.currency,
                journals.c.kind,
                journals.c.journal_id,
                journal_lines.c.amount_minor,
            )
            .join(journals, journals.c.journal_id == journal_lines.c.journal_id)
            .where(journal_lines.c.side == name, *within.journals())
        )

    return Equation(
        name="balance",
        sentence="Debits equal credits, by kind of journal.",
        unit="money",
        left={"debits": [side("debit")]},
        right={"credits": [side("credit")]},
    )


def _conserved(within: _Within) -> Equation:
    """R29, the first: by GL account that was debited, journal by journal of each process."""
    debits = (
        entries(
            journals.c.opco,
            journals.c.currency,
            journal_lines.c.gl_account,
            journals.c.process_id,
            journal_lines.c.amount_minor,
        )
        .join(journals, journals.c.journal_id == journal_lines.c.journal_id)
        .where(
            journals.c.kind.in_(_WRITE_OFFS),
            journal_lines.c.side == "debit",
            journal_lines.c.sources != _NO_SOURCES,
            *within.journals(),
        )
    )
    held = (
        entries(
            buckets.c.opco,
            processes.c.currency,
            buckets.c.gl_account,
            buckets.c.process_id,
            buckets.c.held_minor,
        )
        .join(processes, processes.c.process_id == buckets.c.process_id)
        .where(*within.of_processes(buckets.c.process_id))
    )
    #: A canceled payment undoes its recovery by a reversal that names the payment (R24).
    of_payment = or_(journals.c.kind == "recovery", journals.c.payment_id.is_not(None))
    return Equation(
        name="conservation",
        sentence="What was written off, less inventory, is held, recovered or reversed, by GL account.",
        unit="money",
        left={"written off": [debits]},
        right={
            "held": [held],
            "recovered": [_movements(within, of_payment)],
            "reversed": [_movements(within, ~of_payment)],
        },
    )


def _movements(within: _Within, which: ColumnElement[bool]) -> Entries:
    """Return what was taken out of buckets, under the account that had been debited."""
    return (
        entries(
            buckets.c.opco,
            journals.c.currency,
            buckets.c.gl_account,
            buckets.c.process_id,
            -bucket_movements.c.amount_minor,
        )
        .join(bucket_movements, bucket_movements.c.bucket_id == buckets.c.bucket_id)
        .join(journals, journals.c.journal_id == bucket_movements.c.journal_id)
        .where(which, *within.of_processes(buckets.c.process_id))
    )


def _on_agreements(signed: ColumnElement[int], row: ColumnElement[str], part: ColumnElement[str]) -> Entries:
    """Return ledger lines on write-off agreements."""
    return (
        entries(journals.c.opco, journals.c.currency, part, row, signed)
        .join(journal_lines, journal_lines.c.journal_id == journals.c.journal_id)
        .join(
            write_off_agreements,
            (write_off_agreements.c.opco == journals.c.opco)
            & (write_off_agreements.c.account_id == journals.c.account_id)
            & (write_off_agreements.c.sa_id == journal_lines.c.sa_id),
        )
    )


def _signed(plus: str) -> ColumnElement[int]:
    amount = journal_lines.c.amount_minor
    return case((journal_lines.c.side == plus, amount), else_=-amount)


def _held(within: _Within) -> Equation:
    lines = _on_agreements(_signed("debit"), journal_lines.c.sa_id, write_off_agreements.c.sa_type)
    held = (
        entries(
            buckets.c.opco,
            processes.c.currency,
            buckets.c.write_off_sa_type,
            buckets.c.write_off_sa_id,
            buckets.c.held_minor,
        )
        .join(processes, processes.c.process_id == buckets.c.process_id)
        .where(*within.of_agreements(buckets.c.opco, buckets.c.write_off_sa_id))
    )
    return Equation(
        name="holdings",
        sentence="The buckets hold what the ledger's lines leave on the write-off agreements, by type.",
        unit="money",
        left={"on agreements": [lines.where(*within.of_agreements(journals.c.opco, journal_lines.c.sa_id))]},
        right={"in buckets": [held]},
    )


def _moved(within: _Within) -> Equation:
    moved = (
        entries(
            journals.c.opco,
            journals.c.currency,
            journals.c.kind,
            journals.c.journal_id,
            -bucket_movements.c.amount_minor,
        )
        .join(bucket_movements, bucket_movements.c.journal_id == journals.c.journal_id)
        .where(*within.journals())
    )
    lines = _on_agreements(_signed("credit"), journals.c.journal_id, journals.c.kind)
    return Equation(
        name="movements",
        sentence="Recoveries and reversals credit the write-off agreements with what they take from buckets.",
        unit="money",
        left={"credited": [lines.where(journals.c.kind.in_(_MOVES), *within.journals())]},
        right={"taken": [moved]},
    )


def _claimed(within: _Within) -> Equation:
    def joined(amount: ColumnElement[int]) -> Select[tuple[object, ...]]:
        return (
            entries(
                buckets.c.opco,
                processes.c.currency,
                buckets.c.distribution_code,
                buckets.c.bucket_id,
                amount,
            )
            .join(processes, processes.c.process_id == buckets.c.process_id)
            .where(*within.of_processes(buckets.c.process_id))
        )

    claims = joined(tax_claims.c.amount_minor).join(tax_claims, tax_claims.c.bucket_id == buckets.c.bucket_id)
    recovered = joined(-bucket_movements.c.amount_minor).join(
        bucket_movements, bucket_movements.c.bucket_id == buckets.c.bucket_id
    )
    return Equation(
        name="tax relief",
        sentence="Relief that was claimed is held as claimed, or was recovered or reversed, by tax.",
        unit="money",
        left={"claimed": [claims]},
        right={
            "held": [joined(buckets.c.claimed_minor).where(buckets.c.claimed_minor != 0)],
            "moved": [recovered.where(bucket_movements.c.claimed.is_(True))],
        },
    )
