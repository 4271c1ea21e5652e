"""A payment that was undone upstream: mobile money bounced, a cheque was returned (R24)."""

from typing import ClassVar

from messages.checks import refuse_implausible
from messages.fields import Id, Instant, ReasonText
from messages.inbound.data import InboundData


class PaymentCanceled(InboundData, frozen=True, kw_only=True):
    """Which payment did not hold, since when, and why."""

    type_name: ClassVar[str] = "pulse.payment-canceled.v1"

    payment_id: Id
    account_id: Id
    canceled_at: Instant
    reason: ReasonText

    def check(self, at: str) -> None:
        """Refuse a time that nobody can have meant."""
        refuse_implausible(self.canceled_at, f"{at}.canceled_at")
