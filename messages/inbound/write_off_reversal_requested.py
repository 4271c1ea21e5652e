"""The command to undo a write-off (R25)."""

from typing import ClassVar

from messages.fields import Id, ReasonText
from messages.inbound.actor import Actor
from messages.inbound.data import InboundData


class WriteOffReversalRequested(InboundData, frozen=True, kw_only=True):
    """Which process to compensate, and why."""

    type_name: ClassVar[str] = "pulse.write-off-reversal-requested.v1"

    request_id: Id
    process_id: Id
    account_id: Id
    requested_by: Actor
    reason: ReasonText
