"""The command to cancel a process, one of its events, or one of its agreements (R13)."""

from typing import ClassVar, Literal

from messages.checks import refuse_absent
from messages.fields import Id, ReasonText, Sequence
from messages.inbound.actor import Actor
from messages.inbound.data import InboundData


class WriteOffCancelRequested(InboundData, frozen=True, kw_only=True):
    """What to cancel and why; without `process_id` the account's active process is meant."""

    type_name: ClassVar[str] = "pulse.write-off-cancel-requested.v1"

    request_id: Id
    process_id: Id | None = None
    account_id: Id
    scope: Literal["process", "event", "service-agreement"]
    event_sequence: Sequence | None = None
    sa_id: Id | None = None
    requested_by: Actor
    reason: ReasonText

    def check(self, at: str) -> None:
        """Refuse a scope that does not say which event or agreement."""
        if self.scope == "event":
            refuse_absent(self.event_sequence, f"{at}.event_sequence", "when the scope is event")
        if self.scope == "service-agreement":
            refuse_absent(self.sa_id, f"{at}.sa_id", "when the scope is service-agreement")
