"""Money that came in for an account, before a write-off or after it (R13, R24)."""

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from messages.amounts import digits_of, minor_units
from messages.checks import refuse_implausible, refuse_not_positive
from messages.fields import AgencyCode, Amount, Currency, Id, Instant, Number
from messages.inbound.data import InboundData
from messages.malformed import Malformed

MAX_ALLOCATIONS: Final = 1_000


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a payment that goes to one agreement."""

    sa_id: Id
    amount: Amount


class PaymentReceived(InboundData, frozen=True, kw_only=True):
    """A payment; `payment_id` is unique per opco (R12). Without `allocations`: oldest debt first."""

    type_name: ClassVar[str] = "pulse.payment-received.v1"

    payment_id: Id
    account_id: Id
    received_at: Instant
    amount: Amount
    currency: Currency
    collected_by_agency: AgencyCode | None = None
    allocations: Annotated[tuple[Allocation, ...], Meta(max_length=MAX_ALLOCATIONS)] | None = None
    account_version: Number | None = None

    def check(self, at: str) -> None:
        """Refuse amounts that are not above zero, and allocations that exceed the payment."""
        refuse_implausible(self.received_at, f"{at}.received_at")
        digits = digits_of(self.currency, f"{at}.currency")
        paid = minor_units(self.amount, digits, f"{at}.amount")
        refuse_not_positive(paid, f"{at}.amount")
        allocated = 0
        for index, allocation in enumerate(self.allocations or ()):
            path = f"{at}.allocations[{index}].amount"
            part = minor_units(allocation.amount, digits, path)
            refuse_not_positive(part, path)
            allocated += part
        if allocated > paid:
            problem = "More is allocated than was paid; send at most the amount of the payment."
            raise Malformed(f"{at}.allocations", problem)
