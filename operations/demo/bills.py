"""What stands on an account as Pulse books it: bills, payments and credit notes on service agreements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A financial transaction: `codes` say what was billed, or by what it was paid, in decimal strings.

    `credit` is True for what lessens the debt; `reverses` is the position, from 0, of the bill that a credit
    note takes back on its agreement.
    """

    kind: str
    on: str
    codes: Mapping[str, str]
    credit: bool = False
    canceled: bool = False
    reverses: int | None = None

    @property
    def total(self) -> Decimal:
        """What it adds to the balance, or takes from it."""
        total = sum((Decimal(amount) for amount in self.codes.values()), Decimal())
        return -total if self.credit else total


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """A service agreement with its transactions; `balance` only where they do not explain it.

    `charged_off` is an amount that Pulse has provided for, and the account it is on.
    """

    sa_type: str
    transactions: tuple[Transaction, ...]
    receivable: str = "RECEIVABLE"
    balance: str | None = None
    goods: bool = False
    charged_off: tuple[str, str] | None = None

    def plus(self, *transactions: Transaction) -> "Agreement":
        """Return the agreement with more transactions on it."""
        return replace(self, transactions=(*self.transactions, *transactions))


def bill(on: str, **codes: str) -> Transaction:
    """Return a bill; `VAT_PAYABLE` stands for the code `VAT-PAYABLE`."""
    return Transaction(kind="bill", on=on, codes=_named(codes))


def paid(on: str, amount: str) -> Transaction:
    """Return a payment. Its code is Pulse's own: no policy needs to know it (R18)."""
    return Transaction(kind="payment", on=on, codes={"MOBILE-MONEY": amount}, credit=True)


def credit_note(on: str, reverses: int, **codes: str) -> Transaction:
    """Return what takes back part of a bill, code by code."""
    return Transaction(kind="credit-note", on=on, codes=_named(codes), credit=True, reverses=reverses)


def _named(codes: Mapping[str, str]) -> dict[str, str]:
    return {code.replace("_", "-"): amount for code, amount in codes.items()}


def service_agreements(account_id: str, debt: Sequence[Agreement]) -> Iterator[dict[str, Any]]:
    """Yield the agreements of an account as a snapshot has them."""
    for number, agreement in enumerate(debt, start=1):
        sa_id = f"{account_id}-SA{number}"
        known = (each.total for each in agreement.transactions if not each.canceled)
        yield {
            "sa_id": sa_id,
            "sa_type": agreement.sa_type,
            "status": "active",
            "balance": agreement.balance or str(sum(known, Decimal())),
            "products": goods() if agreement.goods else [],
            "financial_transactions": [
                _transaction(sa_id, position, each, agreement.receivable)
                for position, each in enumerate(agreement.transactions)
            ],
            "charged_off": _charged_off(agreement),
        }


def goods() -> list[dict[str, Any]]:
    """Return what a customer has at home."""
    return [
        {"product_id": "PR-1", "name": "bPower50", "quantity": 1},
        {"product_id": "PR-2", "name": "LED lamp", "quantity": 4},
    ]


def _charged_off(agreement: Agreement) -> dict[str, str] | None:
    if agreement.charged_off is None:
        return None
    amount, gl_account = agreement.charged_off
    return {"amount": amount, "gl_account": gl_account}


def _transaction(sa_id: str, position: int, each: Transaction, receivable: str) -> dict[str, Any]:
    ft_id = f"{sa_id}-FT{position + 1}"
    ours, theirs = ("credit", "debit") if each.credit else ("debit", "credit")
    details = [(receivable, ours, str(abs(each.total)))]
    details += [(code, theirs, amount) for code, amount in each.codes.items()]
    return {
        "ft_id": ft_id,
        "kind": each.kind,
        "accounting_date": each.on,
        "amount": str(each.total),
        "canceled": each.canceled,
        "gl": [{"distribution_code": code, "side": side, "amount": amount} for code, side, amount in details],
        "payment_id": f"PAY-{ft_id}" if each.kind == "payment" else None,
        "reverses_ft_id": f"{sa_id}-FT{each.reverses + 1}" if each.reverses is not None else None,
    }
