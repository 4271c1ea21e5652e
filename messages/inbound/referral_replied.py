"""What a collection agency says about a referral (R26)."""

from typing import ClassVar, Literal

from messages.fields import AgencyCode, Amount, Id, Text
from messages.inbound.data import InboundData


class ReferralReplied(InboundData, frozen=True, kw_only=True):
    """A reply. `amount` is a note: money comes by `PaymentReceived` alone."""

    type_name: ClassVar[str] = "agency.referral-replied.v1"

    referral_id: Id
    agency: AgencyCode
    reply: Literal["accepted", "rejected", "recall-acknowledged", "part-paid", "paid", "uncollectible"]
    agency_reference: Id | None = None
    amount: Amount | None = None
    reason: Text | None = None
