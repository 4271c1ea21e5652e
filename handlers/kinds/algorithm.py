"""What an algorithm of a `generic` event is."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from writeoff.case import EventCase
from writeoff.decision import Apply, Fail
from writeoff.policy.model import Policy
from writeoff.value import Value


class Algorithm(Value, frozen=True, kw_only=True):
    """A named decision with parameters of its own; it sees the case and nothing else."""

    name: str
    parameters: type[Value]
    decide: Callable[[EventCase, Any], Apply | Fail]
    check: Callable[[Any, Policy], Iterable[str]] = lambda _parameters, _policy: ()

    def read(self, parameters: Mapping[str, Any]) -> Value:
        """Return the typed parameters; raises `msgspec.ValidationError`."""
        return msgspec.convert(dict(parameters), self.parameters)
