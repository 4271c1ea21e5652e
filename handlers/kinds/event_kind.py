"""What the handler of a write-off event kind is."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from writeoff.accounting.write_off import Method
from writeoff.case import EventCase, Part
from writeoff.decision import Apply, Fail
from writeoff.policy.model import EventType, Policy
from writeoff.value import Value


class NoParameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a kind that has none."""


class EventKind(Value, frozen=True, kw_only=True):
    """One of the kinds of R11.

    `decide(case, parameters)` says what the event does; `needs` is what it looks at beyond the process.
    `check(parameters, policy)` yields what is wrong with parameters under a policy. A kind with
    `waits_while_held` waits for the end of a promise to pay (R6); one with `posts` is a money event,
    whose `method(parameters)` turns debts into lines: to decide, and to compute a journal again (R23).
    """

    name: str
    parameters: type[Value]
    decide: Callable[[EventCase, Any], Apply | Fail]
    needs: Part = Part.NONE
    check: Callable[[Any, Policy], Iterable[str]] = lambda _parameters, _policy: ()
    waits_while_held: bool = False
    posts: bool = False
    method: Callable[[Any], Method] | None = None

    def read(self, event_type: EventType) -> Value:
        """Return the typed parameters of an event type; raises `msgspec.ValidationError`."""
        return msgspec.convert(dict(event_type.parameters), self.parameters)

    def problems(self, event_type: EventType, policy: Policy) -> list[str]:
        """Return what is wrong with an event type's parameters, as `path: problem`."""
        try:
            parameters = self.read(event_type)
        except msgspec.ValidationError as error:
            text, _, at = str(error).partition(" - at `$")
            path = f"parameters{at.rstrip('`')}" if at else "parameters"
            return [f"{path}: {text}"]
        return list(self.check(parameters, policy))
