"""Tasks for people."""

from writeoff.facts.fact import Fact


class TodoCreated(Fact, frozen=True, kw_only=True):
    """A task for a person in a role. Its id derives from its cause and its occasion (R12)."""

    todo_id: str
    event_sequence: int | None
    todo_type: str
    role: str
    priority: int
    subject: str
    message: str
    amount: int | None
    currency: str | None


class TodoClosed(Fact, frozen=True, kw_only=True):
    """What was to do no longer is."""

    todo_id: str
    reason: str
