"""The command to try a failed write-off event again (R9)."""

from typing import ClassVar

from messages.fields import Id, ReasonText, Sequence
from messages.inbound.operations.data import OperatorData


class RetryEvent(OperatorData, frozen=True, kw_only=True):
    """The cause of the failure is gone, or taken on by whoever says so: the event shall run."""

    type_name: ClassVar[str] = "writeoff.operations.retry-event.v1"

    account_id: Id
    process_id: Id | None = None
    event_sequence: Sequence
    reason: ReasonText
