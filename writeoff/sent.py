"""A message that went out, as far as its consumer's acknowledgement is about it (R27)."""

from datetime import datetime
from typing import Literal

from writeoff.process import Origin
from writeoff.value import Value

AcknowledgedStatus = Literal["accepted", "rejected"]


class SentMessage(Value, frozen=True, kw_only=True):
    """What was sent, where to, and for which account and process.

    `todo_type` is that of a to-do. `status` and `acknowledged_at`: what its consumer said last, if anything.
    """

    message_id: str
    type: str
    destination: str
    account_id: str | None = None
    process_id: str | None = None
    request_id: str | None = None
    origin: Origin | None = None
    bulk: bool = False
    todo_type: str | None = None
    status: AcknowledgedStatus | None = None
    acknowledged_at: datetime | None = None
