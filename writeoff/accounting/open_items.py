"""The debit transactions of an agreement that a write-off may take, with their pieces (R18)."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from writeoff.account import FinancialTransaction, ServiceAgreement
from writeoff.money import Share, split
from writeoff.policy.model import DistributionCode
from writeoff.value import Value

TakingOrder = Literal["lifo", "fifo", "proportional"]


class Piece(Value, frozen=True, kw_only=True):
    """An amount (minor units, above zero) of one distribution code of one transaction."""

    ft_id: str
    accounting_date: date
    code: str
    amount: int


class OpenItem(Value, frozen=True, kw_only=True):
    """A debit transaction, less the credit notes that reverse it.

    `pieces` (what was billed) and `receivables` (what is owed) each sum to `amount`. `unknown_code` names a
    code that the policy does not know, or that no bill may use; then there are no pieces, and receivables
    only if the known ones are all.
    """

    ft_id: str
    accounting_date: date
    amount: int
    pieces: tuple[Piece, ...]
    receivables: tuple[Piece, ...]
    unknown_code: str | None = None


def open_items(
    agreement: ServiceAgreement, codes: Mapping[str, DistributionCode], order: TakingOrder = "lifo"
) -> list[OpenItem]:
    """Return the agreement's open debit transactions, newest first (`fifo`: oldest first).

    Canceled transactions and payments are left out: they are why the balance is less than the debits.
    """
    credit_notes: dict[str, list[FinancialTransaction]] = {}
    for ft in agreement.financial_transactions:
        if ft.amount < 0 and not ft.canceled and ft.reverses_ft_id is not None:
            credit_notes.setdefault(ft.reverses_ft_id, []).append(ft)
    items = [
        _open_item(ft, credit_notes.get(ft.ft_id, []), codes)
        for ft in agreement.financial_transactions
        if ft.amount > 0 and not ft.canceled
    ]
    items = [item for item in items if item.amount > 0]
    items.sort(key=lambda item: (item.accounting_date, item.ft_id), reverse=order != "fifo")
    return items


def _open_item(
    debit: FinancialTransaction,
    credit_notes: list[FinancialTransaction],
    codes: Mapping[str, DistributionCode],
) -> OpenItem:
    billed: dict[str, int] = {}
    owed: dict[str, int] = {}
    unknown: str | None = None
    for ft in (debit, *credit_notes):
        for line in ft.gl:
            code = codes.get(line.distribution_code)
            receivable = code is not None and code.distribution_class == "receivable"
            if code is None or not (receivable or code.write_off_sa_type):
                unknown = unknown or line.distribution_code
                continue
            sums = owed if receivable else billed
            positive = line.side == ("debit" if receivable else "credit")
            sums[code.code] = sums.get(code.code, 0) + (line.amount if positive else -line.amount)
    amount = debit.amount + sum(note.amount for note in credit_notes)
    together = {code: _destination(codes[code]) for code in billed}
    all_owed = not unknown or sum(owed.values()) == amount
    return OpenItem(
        ft_id=debit.ft_id,
        accounting_date=debit.accounting_date,
        amount=amount,
        pieces=() if unknown else _pieces(debit, billed, together),
        receivables=_pieces(debit, owed, {}) if all_owed else (),
        unknown_code=unknown,
    )


def _destination(code: DistributionCode) -> str:
    """Return what a write-off debits for the code: its own account, or that of its write-off type (R19)."""
    of_its_own = code.distribution_class == "liability" and code.tax_treatment != "expense"
    return f"code {code.code}" if of_its_own else f"type {code.write_off_sa_type}"


def _pieces(
    debit: FinancialTransaction, sums: Mapping[str, int], together: Mapping[str, str]
) -> tuple[Piece, ...]:
    """Turn sums per code into pieces above zero.

    A code that is negative on balance (a discount, a credit note on another code) lessens what is debited
    `together` with it, so that the line is what it would be with both. What is left of it lessens all others
    in proportion: no line and no write-off agreement ever holds less than nothing.
    """
    if not any(amount < 0 for amount in sums.values()):  # as nearly always: nothing lessens anything
        return tuple(
            Piece(ft_id=debit.ft_id, accounting_date=debit.accounting_date, code=code, amount=amount)
            for code, amount in sums.items()
            if amount
        )
    reduced = sums if min(sums.values(), default=0) > 0 else _lessened(sums, together)
    return tuple(
        Piece(ft_id=debit.ft_id, accounting_date=debit.accounting_date, code=code, amount=reduced[code])
        for code in sums
        if reduced.get(code)
    )


def _lessened(sums: Mapping[str, int], together: Mapping[str, str]) -> dict[str, int]:
    groups: dict[str, dict[str, int]] = {}
    for code, amount in sums.items():
        groups.setdefault(together.get(code, code), {})[code] = amount
    within = {
        code: part for group in groups.values() for code, part in _reduced(group, sum(group.values())).items()
    }
    return _reduced(within, sum(sums.values()))


def _reduced(sums: Mapping[str, int], total: int) -> dict[str, int]:
    """Bring the sums above zero to `total` in proportion; to nothing when it is not above zero."""
    positive = {code: amount for code, amount in sums.items() if amount > 0}
    if total <= 0 or not positive:
        return {}
    parts = split(total, [Share(weight=amount, code=code) for code, amount in positive.items()])
    return dict(zip(positive, parts, strict=True))
