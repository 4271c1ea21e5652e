"""A service agreement within a snapshot: its balance, its goods and the transactions it has booked."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from messages.amounts import minor_units
from messages.checks import refuse_implausible, refuse_repeated
from messages.fields import Amount, Code, Day, Id, Name, Quantity, UnsignedAmount
from messages.malformed import Malformed
from messages.words import Side

#: A monthly bill and a daily payment for twenty years stay below this.
MAX_TRANSACTIONS: Final = 10_000
#: One transaction spreads over the distribution codes of one country.
MAX_DETAILS: Final = 1_000
MAX_PRODUCTS: Final = 1_000


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that the customer holds under the agreement."""

    product_id: Id
    name: Name | None = None
    quantity: Quantity


class GlDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a transaction in the general ledger."""

    distribution_code: Code
    side: Side
    amount: UnsignedAmount


class FinancialTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A bill, payment or adjustment. `amount` is signed: what it adds to the balance (R18)."""

    ft_id: Id
    kind: Code
    accounting_date: Day
    amount: Amount
    canceled: bool
    gl: Annotated[tuple[GlDetail, ...], Meta(max_length=MAX_DETAILS)]
    payment_id: Id | None = None
    reverses_ft_id: Id | None = None

    def check(self, at: str, digits: int) -> None:
        """Refuse excess digits, and GL details that do not balance, canceled or not (R18)."""
        refuse_implausible(self.accounting_date, f"{at}.accounting_date")
        minor_units(self.amount, digits, f"{at}.amount")
        excess = 0
        for index, detail in enumerate(self.gl):
            amount = minor_units(detail.amount, digits, f"{at}.gl[{index}].amount")
            excess += amount if detail.side == "debit" else -amount
        if excess:
            raise Malformed(f"{at}.gl", "Debits and credits differ; send all lines of the transaction.")


class ChargedOff(msgspec.Struct, frozen=True, kw_only=True):
    """What upstream has already provided for: the expense part debits `gl_account` first, up to `amount`."""

    amount: UnsignedAmount
    gl_account: Code


class ServiceAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """One contract on the account with its own balance, positive when the customer owes."""

    sa_id: Id
    sa_type: Code
    status: Literal["active", "stopped", "closed"]
    balance: Amount
    products: Annotated[tuple[Product, ...], Meta(max_length=MAX_PRODUCTS)]
    financial_transactions: Annotated[tuple[FinancialTransaction, ...], Meta(max_length=MAX_TRANSACTIONS)]
    charged_off: ChargedOff | None = None

    def check(self, at: str, digits: int) -> None:
        """Refuse excess digits, repeated transactions, and what each of them refuses."""
        minor_units(self.balance, digits, f"{at}.balance")
        if self.charged_off:
            minor_units(self.charged_off.amount, digits, f"{at}.charged_off.amount")
        path = f"{at}.financial_transactions"
        refuse_repeated((each.ft_id for each in self.financial_transactions), path, "ft_id")
        for index, transaction in enumerate(self.financial_transactions):
            transaction.check(f"{path}[{index}]", digits)
