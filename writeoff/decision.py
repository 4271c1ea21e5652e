"""What a decision comes to. Expected outcomes are values, matched exhaustively by the executor."""

from datetime import date

from writeoff.facts import Fact
from writeoff.policy.model import TodoPurpose
from writeoff.value import Value


class Apply(Value, frozen=True, kw_only=True):
    """It is done: these facts hold."""

    facts: tuple[Fact, ...]


class Refuse(Value, frozen=True, kw_only=True):
    """A business refusal: an answer to the sender, never a retry (R2)."""

    reason: str
    message: str
    facts: tuple[Fact, ...] = ()


class Fail(Value, frozen=True, kw_only=True):
    """An event cannot be executed as things are: it is `failed`, with a to-do (R9, R18)."""

    reason: str
    detail: str
    facts: tuple[Fact, ...] = ()
    todo: TodoPurpose = "event-failed"


class Wait(Value, frozen=True, kw_only=True):
    """Not yet: the event may be looked at again on that business date (R6)."""

    until: date
