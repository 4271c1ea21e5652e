"""The notice that a message could not be used. It carries no body: that stays in the database."""

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Meta

from messages.outbound.data import OutboundData


class DeadLetterRecorded(OutboundData, frozen=True, kw_only=True):
    """Where the message came from (`origin`, a queue), why it is dead, and at which field.

    `size` is in bytes; `sha256` is of the exact bytes, in hexadecimal.
    """

    type_name: ClassVar[str] = "writeoff.dead-letter-recorded.v1"

    dead_letter_id: str
    reason: str
    path: str | None
    origin: str
    size: int
    sha256: str
    first_seen: Annotated[datetime, Meta(tz=True)]
