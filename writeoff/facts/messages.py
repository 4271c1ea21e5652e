"""Messages: acknowledged by their consumers, published again, dead letters dealt with."""

from datetime import datetime
from typing import Literal

from writeoff.facts.fact import Fact


class AcknowledgementRecorded(Fact, frozen=True, kw_only=True):
    """A consumer said whether it took a message, and when it said so (R27)."""

    message_id: str
    consumer: str
    status: Literal["accepted", "rejected"]
    reference: str | None
    reason: str | None
    acknowledged_at: datetime


class ReplayOrdered(Fact, frozen=True, kw_only=True):
    """An operator wants what was published since a moment published again, to one destination or all."""

    since: datetime
    destination: str | None
    without_opco: bool


class DeadLetterRetried(Fact, frozen=True, kw_only=True):
    """An operator had a dead letter read again: it is this message of the journal now.

    `revision` is the one that was decided about; `reason` what was done about the cause.
    """

    dead_letter_id: str
    revision: int
    source: str
    message_id: str
    reason: str | None


class DeadLetterEdited(Fact, frozen=True, kw_only=True):
    """An operator corrected a dead letter: it is this message of the journal now, under a new id."""

    dead_letter_id: str
    revision: int
    source: str
    message_id: str
    reason: str | None


class DeadLetterDiscarded(Fact, frozen=True, kw_only=True):
    """An operator decided that nothing shall come of a dead letter."""

    dead_letter_id: str
    revision: int
    reason: str
