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

    `pieces` (what was billed) and `receivables` (what is owed) each sum to `amount`. Where `unknown_code`
    names a code that the policy does not know, both are empty: its class, and so its side, is not known.
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
            if code is None:
                unknown = unknown or line.distribution_code
                continue
            receivable = code.distribution_class == "receivable"
            sums = owed if receivable else billed
            positive = line.side == ("debit" if receivable else "credit")
            sums[code.code] = sums.get(code.code, 0) + (line.amount if positive else -line.amount)
    return OpenItem(
        ft_id=debit.ft_id,
        accounting_date=debit.accounting_date,
        amount=debit.amount + sum(note.amount for note in credit_notes),
        pieces=() if unknown else _pieces(debit, billed),
        receivables=() if unknown else _pieces(debit, owed),
        unknown_code=unknown,
    )


def _pieces(debit: FinancialTransaction, sums: Mapping[str, int]) -> tuple[Piece, ...]:
    """Turn sums per code into pieces above zero.

    A code that is negative on balance (a discount, a credit note on another code) lessens the others in
    proportion, so that no write-off agreement ever holds less than nothing.
    """
    positive = {code: amount for code, amount in sums.items() if amount > 0}
    total = sum(sums.values())
    if total <= 0 or not positive:
        return ()
    parts = split(total, [Share(weight=amount, code=code) for code, amount in positive.items()])
    return tuple(
        Piece(ft_id=debit.ft_id, accounting_date=debit.accounting_date, code=code, amount=part)
        for code, part in zip(positive, parts, strict=True)
        if part
    )
