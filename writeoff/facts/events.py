"""What became of the events of a process, and of kinds of events (R9)."""

from datetime import date

from writeoff.facts.fact import Fact


class EventCompleted(Fact, frozen=True, kw_only=True):
    """An event was executed; `amount` is what R10 found."""

    sequence: int
    kind: str
    event_type: str
    amount: int


class EventCanceled(Fact, frozen=True, kw_only=True):
    """A pending event was canceled and will never run."""

    sequence: int
    reason: str


class EventFailed(Fact, frozen=True, kw_only=True):
    """An event could not be executed; it blocks its successors until it is retried or skipped (R9)."""

    sequence: int
    reason: str
    detail: str


class EventDue(Fact, frozen=True, kw_only=True):
    """The last predecessor closed, or a wait ended: the event may run from `due_on`."""

    sequence: int
    kind: str
    due_on: date


class EventSuspended(Fact, frozen=True, kw_only=True):
    """A pending event waits for something that is no date, such as an agency's acknowledgement (R9)."""

    sequence: int
    kind: str
    reason: str


class EventResumed(Fact, frozen=True, kw_only=True):
    """A suspended or failed event may run again: what it waited for has come, or somebody retries it.

    With the reason `retried` it no longer waits for acknowledgements. `attempts` are those of the event now.
    """

    sequence: int
    kind: str
    due_on: date
    attempts: int
    reason: str | None = None


class KindPaused(Fact, frozen=True, kw_only=True):
    """An operator paused a kind of event, of every opco."""

    kind: str
    reason: str


class KindResumed(Fact, frozen=True, kw_only=True):
    """An operator let a kind of event run again."""

    kind: str
