"""The lines of a write-off over all agreements of a process: all or nothing (R18, R19, R21)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from writeoff import identity
from writeoff.account import ServiceAgreement
from writeoff.accounting.lines import Lines
from writeoff.accounting.open_items import Piece, TakingOrder, open_items
from writeoff.accounting.taking import Short, UnknownCode, take, take_receivables
from writeoff.journal import Bucket, JournalLine
from writeoff.money import display
from writeoff.policy.model import DistributionCode, Policy
from writeoff.value import Value


class Debt(Value, frozen=True, kw_only=True):
    """What is written off of one agreement: its balance, of which `goods` came back (minor units)."""

    agreement: ServiceAgreement
    balance: int
    goods: int

    @property
    def rest(self) -> int:
        """What is left to write off after the returned goods."""
        return self.balance - self.goods


class Written(Value, frozen=True, kw_only=True):
    """The lines of the journal, and what the write-off agreements hold after it."""

    lines: tuple[JournalLine, ...]
    buckets: tuple[Bucket, ...]


class NotCovered(Value, frozen=True, kw_only=True):
    """Why nothing can be posted: `reason` for machines, `detail` for people."""

    reason: str
    detail: str


class Ledger:
    """Composes lines and buckets for one process under one policy version."""

    def __init__(self, policy: Policy, opco: str, account_id: str, process_id: str) -> None:
        self._policy = policy
        self._opco = opco
        self._account_id = account_id
        self._process_id = process_id
        self._lines = Lines()
        self._buckets: dict[tuple[str, str, str, date | None, str], Bucket] = {}
        self._charged_off: dict[str, int] = {}
        self._agreements: dict[str, str] = {}

    def by_distribution_code(self, debts: Sequence[Debt], order: TakingOrder) -> Written | NotCovered:
        """Debit what was billed code by code, credit the receivables of the transactions taken (R18)."""
        for debt in debts:
            items = open_items(debt.agreement, self._policy.distribution_codes, order)
            taken = take(items, debt.rest, debt.goods, order)
            match taken:
                case Short(covered=covered):
                    return NotCovered(
                        reason="distribution-short",
                        detail=f"agreement {debt.agreement.sa_id}: the debit transactions cover "
                        f"{self._display(covered)} of {self._display(debt.rest)}",
                    )
                case UnknownCode(ft_id=ft_id, code=code):
                    return NotCovered(
                        reason="unknown-distribution-code",
                        detail=f"agreement {debt.agreement.sa_id}: transaction {ft_id} uses distribution "
                        f"code {code}, which the policy does not know as one of bills",
                    )
                case _:
                    self._inventory(debt)
                    for piece in taken.pieces:
                        self._debit_piece(debt.agreement, piece)
                    self._credit_receivables(debt.agreement, taken.receivables, taken.uncovered)
        return self._written()

    def by_sa_type(self, debts: Sequence[Debt], sa_type: str) -> Written:
        """Debit the write-off type's own account with all that is left; no tax line (R11)."""
        own = self._own_account(sa_type)
        for debt in debts:
            sa_id = debt.agreement.sa_id
            items = open_items(debt.agreement, self._policy.distribution_codes)
            taken = take_receivables(items, debt.balance)
            self._inventory(debt)
            left = debt.rest
            for ft_id, code, amount in self._receivable_sources(
                debt.agreement, taken.receivables, taken.uncovered
            ):
                part = min(amount, left)
                left -= part
                self._debit_expense(debt.agreement, sa_type, own.code, part, source=(sa_id, ft_id, code))
            self._credit_receivables(debt.agreement, taken.receivables, taken.uncovered)
        return self._written()

    def _written(self) -> Written:
        return Written(lines=self._lines.finished(), buckets=tuple(self._buckets.values()))

    def _inventory(self, debt: Debt) -> None:
        if debt.goods:
            code = self._policy.distribution_codes[self._policy.inventory_code]
            self._lines.add("debit", code.gl_account, code.code, debt.goods, sa_id=debt.agreement.sa_id)

    def _debit_piece(self, agreement: ServiceAgreement, piece: Piece) -> None:
        code = self._policy.distribution_codes[piece.code]
        sa_type = write_off_type(code)
        source = (agreement.sa_id, piece.ft_id, piece.code)
        treatment = code.tax_treatment if code.distribution_class == "liability" else "expense"
        match treatment:
            case "expense":
                self._debit_expense(agreement, sa_type, piece.code, piece.amount, source=source)
                return
            case "reverse-now":
                gl_account, dated, claimable = code.gl_account, None, None
            case "pending-claim":
                gl_account, dated = code.relief_gl_account or code.gl_account, piece.accounting_date
                claimable = (
                    years_after(dated, code.relief_claimable_after_years),
                    years_after(dated, code.relief_claimable_for_years),
                )
        self._lines.add(
            "debit",
            gl_account,
            code.code,
            piece.amount,
            sa_id=self._write_off_agreement(sa_type),
            source=source,
            claimable=claimable,
        )
        self._hold(
            agreement.sa_id,
            sa_type,
            piece.code,
            piece.amount,
            gl_account=gl_account,
            treatment=treatment,
            accounting_date=dated,
        )

    def _debit_expense(
        self,
        agreement: ServiceAgreement,
        sa_type: str,
        code: str,
        amount: int,
        *,
        source: tuple[str, str | None, str],
    ) -> None:
        """Debit what was charged off upstream, as far as that goes, and then the type's own account."""
        own = self._own_account(sa_type)
        write_off_sa = self._write_off_agreement(sa_type)
        for gl_account, part in self._by_account(agreement, own.gl_account, amount):
            self._lines.add("debit", gl_account, own.code, part, sa_id=write_off_sa, source=source)
            self._hold(agreement.sa_id, sa_type, code, part, gl_account=gl_account, treatment="expense")

    def _by_account(
        self, agreement: ServiceAgreement, own_account: str, amount: int
    ) -> Iterator[tuple[str, int]]:
        charged = agreement.charged_off
        if charged is not None:
            part = min(amount, charged.amount - self._charged_off.get(agreement.sa_id, 0))
            if part > 0:
                self._charged_off[agreement.sa_id] = self._charged_off.get(agreement.sa_id, 0) + part
                yield charged.gl_account, part
                amount -= part
        if amount:
            yield own_account, amount

    def _display(self, amount: int) -> str:
        return display(amount, self._policy.currency)

    def _hold(
        self,
        sa_id: str,
        sa_type: str,
        code: str,
        amount: int,
        *,
        gl_account: str,
        treatment: str,
        accounting_date: date | None = None,
    ) -> None:
        write_off_sa = self._write_off_agreement(sa_type)
        key = (sa_id, write_off_sa, code, accounting_date, gl_account)
        known = self._buckets.get(key)
        held = amount + (known.held if known else 0)
        self._buckets[key] = Bucket(
            process_id=self._process_id,
            from_sa_id=sa_id,
            write_off_sa_id=write_off_sa,
            write_off_sa_type=sa_type,
            distribution_code=code,
            accounting_date=accounting_date,
            gl_account=gl_account,
            treatment=treatment,
            written_off=held,
            held=held,
            position=known.position if known else len(self._buckets) + 1,
        )

    def _credit_receivables(
        self, agreement: ServiceAgreement, receivables: Sequence[Piece], uncovered: int
    ) -> None:
        for ft_id, code, amount in self._receivable_sources(agreement, receivables, uncovered):
            self._lines.add(
                "credit",
                self._policy.distribution_codes[code].gl_account,
                code,
                amount,
                sa_id=agreement.sa_id,
                source=(agreement.sa_id, ft_id, code),
            )

    def _receivable_sources(
        self, agreement: ServiceAgreement, receivables: Sequence[Piece], uncovered: int
    ) -> list[tuple[str | None, str, int]]:
        sources: list[tuple[str | None, str, int]] = [
            (piece.ft_id, piece.code, piece.amount) for piece in receivables
        ]
        if uncovered:
            sources.append((None, self._policy.sa_types[agreement.sa_type].receivable_code, uncovered))
        return sources

    def _write_off_agreement(self, sa_type: str) -> str:
        known = self._agreements.get(sa_type)
        if known is None:
            known = identity.write_off_agreement_id(self._opco, self._account_id, sa_type)
            self._agreements[sa_type] = known
        return known

    def _own_account(self, sa_type: str) -> DistributionCode:
        return self._policy.distribution_codes[self._policy.write_off_sa_types[sa_type].distribution_code]


def write_off_type(code: DistributionCode) -> str:
    """Return the type of write-off agreement that holds a code; no piece is of a code without one."""
    if code.write_off_sa_type is None:
        raise LookupError(f"distribution code {code.code} has no write_off_sa_type")
    return code.write_off_sa_type


def years_after(day: date, years: int) -> date:
    """Return the same day so many years later; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


#: How a write-off event turns debts into lines; the two kinds differ in nothing else.
Method = Callable[[Ledger, Sequence[Debt]], Written | NotCovered]
