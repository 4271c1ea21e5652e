"""Reading what was posted: write-offs and the recoveries of them, a set at a time (R24)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, select

from store.engine.locking import AccountKey
from store.engine.transaction import AnyRow, Transaction
from store.tables import bucket_movements, journal_lines, journals
from writeoff.journal import JournalLine, Movement, Source
from writeoff.recoveries import Recovery
from writeoff.value import Value

#: The journals of write-off events.
WRITTEN = ("write-off", "repossession")

_sources = msgspec.json.Decoder(tuple[Source, ...])


class _Transaction(msgspec.Struct):
    payment_id: str | None = None


class _Agreement(msgspec.Struct):
    financial_transactions: tuple[_Transaction, ...] = ()


class _Debt(msgspec.Struct):
    agreement: _Agreement


class _Basis(msgspec.Struct):
    """What of a write-off's basis says which payments its snapshot had booked; older ones only by debt."""

    debts: tuple[_Debt, ...]
    as_of: datetime
    booked: tuple[str, ...] | None = None

    def payments(self) -> frozenset[str]:
        if self.booked is not None:
            return frozenset(self.booked)
        return frozenset(
            ft.payment_id
            for debt in self.debts
            for ft in debt.agreement.financial_transactions
            if ft.payment_id is not None
        )


_bases = msgspec.json.Decoder(_Basis)


class Written(Value, frozen=True, kw_only=True):
    """What the write-off journals of a process say; the payments that their snapshot had, as of when."""

    lines: tuple[JournalLine, ...]
    booked: frozenset[str]
    as_of: datetime


def written_by(tx: Transaction, process_ids: Iterable[str]) -> dict[str, Written]:
    """Return what the write-off events of the processes posted."""
    columns = [journals.c.journal_id, journals.c.process_id, journals.c.basis]
    wanted = [(each,) for each in sorted(set(process_ids))]
    if not wanted:
        return {}
    given = tx.rows("wanted", [journals.c.process_id], wanted)
    statement = (
        select(*columns)
        .join(given, journals.c.process_id == given.c.process_id)
        .where(journals.c.kind.in_(WRITTEN))
        .order_by(journals.c.process_id, journals.c.event_sequence, journals.c.leg)
    )
    headers = tx.execute(statement).all()
    lines = lines_of(tx, [row.journal_id for row in headers])
    found: dict[str, Written] = {}
    for row in headers:
        basis, known = _bases.decode(row.basis), found.get(row.process_id)
        found[row.process_id] = Written(
            lines=(*(known.lines if known else ()), *lines[row.journal_id]),
            booked=basis.payments() | (known.booked if known else frozenset()),
            as_of=max(basis.as_of, known.as_of) if known else basis.as_of,
        )
    return found


def recoveries_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Recovery, ...]]:
    """Return every recovery on the accounts, oldest first."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    given = tx.rows("wanted", [journals.c.opco, journals.c.account_id], wanted)
    reversing = journals.alias("reversing")
    statement = (
        select(
            journals.c.journal_id,
            journals.c.opco,
            journals.c.account_id,
            journals.c.process_id,
            journals.c.payment_id,
            reversing.c.journal_id.is_not(None).label("undone"),
        )
        .join(given, (journals.c.opco == given.c.opco) & (journals.c.account_id == given.c.account_id))
        .outerjoin(reversing, reversing.c.reverses_journal_id == journals.c.journal_id)
        .where(journals.c.kind == "recovery")
        .order_by(journals.c.posted_at, journals.c.journal_id)
    )
    headers = tx.execute(statement).all()
    ids = [row.journal_id for row in headers]
    lines, movements = lines_of(tx, ids), _movements_of(tx, ids)
    found: dict[AccountKey, tuple[Recovery, ...]] = defaultdict(tuple)
    for row in headers:
        recovery = Recovery(
            journal_id=row.journal_id,
            process_id=row.process_id,
            payment_id=row.payment_id,
            lines=lines[row.journal_id],
            movements=movements[row.journal_id],
            undone=bool(row.undone),
        )
        found[row.opco, row.account_id] = (*found[row.opco, row.account_id], recovery)
    return dict(found)


def lines_of(tx: Transaction, journal_ids: Iterable[str]) -> dict[str, tuple[JournalLine, ...]]:
    """Return the lines of journals, in their order."""
    table = journal_lines
    rows = _by_journal(tx, journal_ids, table.c.journal_id, list(table.c), [table.c.line])
    found: dict[str, tuple[JournalLine, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.journal_id] = (*found[row.journal_id], _line(row))
    return found


def _movements_of(tx: Transaction, journal_ids: Iterable[str]) -> dict[str, tuple[Movement, ...]]:
    table = bucket_movements
    order = [table.c.bucket_id, table.c.claimed]
    found: dict[str, tuple[Movement, ...]] = defaultdict(tuple)
    for row in _by_journal(tx, journal_ids, table.c.journal_id, list(table.c), order):
        found[row.journal_id] = (*found[row.journal_id], movement_of(row))
    return found


def movement_of(row: AnyRow) -> Movement:
    """Return the movement of a row of `bucket_movements`."""
    return Movement(
        bucket_id=row.bucket_id,
        amount=row.amount_minor,
        gl_account=row.gl_account,
        distribution_code=row.distribution_code,
        claimed=row.claimed,
    )


def _by_journal(
    tx: Transaction,
    journal_ids: Iterable[str],
    key: Column[Any],
    columns: Sequence[Column[Any]],
    order: Sequence[Column[Any]],
) -> Sequence[AnyRow]:
    wanted = [(each,) for each in sorted(set(journal_ids))]
    if not wanted:
        return []
    given = tx.rows("wanted", [key], wanted)
    statement = select(*columns).join(given, key == given.c[key.name]).order_by(key, *order)
    return tx.execute(statement).all()


def _line(row: AnyRow) -> JournalLine:
    return JournalLine(
        side=row.side,
        gl_account=row.gl_account,
        distribution_code=row.distribution_code,
        amount=row.amount_minor,
        sa_id=row.sa_id,
        claimable_from=row.claimable_from,
        claimable_until=row.claimable_until,
        repay_by=row.repay_by,
        sources=_sources.decode(row.sources),
    )
