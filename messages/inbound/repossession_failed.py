"""A visit that did not bring the goods back (R6)."""

from typing import ClassVar

import msgspec

from messages.checks import refuse_absent, refuse_implausible
from messages.fields import Day, Id, Instant, Name, Number, Text
from messages.inbound.data import InboundData
from messages.words import AttemptReason


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who made the visit."""

    user_id: Id
    name: Name | None = None


class RepossessionFailed(InboundData, frozen=True, kw_only=True):
    """An attempt, with its reason; `attempt_id` is unique per opco (R12)."""

    type_name: ClassVar[str] = "pulse.repossession-failed.v1"

    account_id: Id
    repossession_id: Id
    attempt_id: Id
    attempted_at: Instant
    attempted_by: Visitor
    reason: AttemptReason
    reason_for_not_paying: Text | None = None
    promised_to_pay_on: Day | None = None
    comments: Text | None = None
    account_version: Number | None = None

    def check(self, at: str) -> None:
        """Refuse a promise without its date."""
        path = f"{at}.promised_to_pay_on"
        if self.reason == "promised-to-pay":
            refuse_absent(self.promised_to_pay_on, path, "when the reason is promised-to-pay")
        refuse_implausible(self.promised_to_pay_on, path)
        refuse_implausible(self.attempted_at, f"{at}.attempted_at")
