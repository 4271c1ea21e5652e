"""A dead letter as a decision sees it: what was done about it, and what its bytes are now."""

from datetime import datetime
from typing import Literal

from writeoff.value import Value

DeadLetterState = Literal["open", "retried", "edited", "discarded"]


class Became(Value, frozen=True, kw_only=True):
    """Its message can be used: it is in the journal under this identity, whatever is decided about it."""

    source: str
    message_id: str


class StillDead(Value, frozen=True, kw_only=True):
    """Its message cannot be used: why, at which field, as one sentence."""

    reason: str
    path: str | None
    problem: str


class DeadLetter(Value, frozen=True, kw_only=True):
    """A dead letter at one moment.

    `revision` counts what was done about it, `since` how often the same bytes came after that. `found` is
    what intake makes of it now, where the command is about to hand it over.
    """

    dead_letter_id: str
    state: DeadLetterState
    revision: int
    acted_by: str | None
    acted_at: datetime | None
    since: int
    became: Became | None
    found: Became | StillDead | None = None
