"""The commands about a dead letter: hand it over again, as it is or edited, or discard it."""

from typing import Annotated, ClassVar

from msgspec import Meta

from messages.fields import Id, ReasonText
from messages.inbound.operations.data import OperatorData

#: Revisions count acts of people.
Revision = Annotated[int, Meta(ge=0, le=1_000_000, description="a revision, as `dead-letter show` has it")]


class RetryDeadLetter(OperatorData, frozen=True, kw_only=True):
    """Intake shall read it again: the cause is gone. `reason` says what was done about it."""

    type_name: ClassVar[str] = "writeoff.operations.retry-dead-letter.v1"

    dead_letter_id: Id
    reason: ReasonText | None = None


class EditDeadLetter(OperatorData, frozen=True, kw_only=True):
    """Intake shall read it with this body, under a new id.

    `revision` is the one that was looked at. `content_type` and `headers`, where they are given, replace
    those it came with; a null takes a header away.
    """

    type_name: ClassVar[str] = "writeoff.operations.edit-dead-letter.v1"

    dead_letter_id: Id
    revision: Revision
    body: str
    content_type: str | None = None
    headers: dict[str, str | None] | None = None
    reason: ReasonText | None = None


class DiscardDeadLetter(OperatorData, frozen=True, kw_only=True):
    """Nothing shall come of it, because of `reason`. It is kept."""

    type_name: ClassVar[str] = "writeoff.operations.discard-dead-letter.v1"

    dead_letter_id: Id
    reason: ReasonText
