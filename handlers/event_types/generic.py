"""Calls a named, registered algorithm, for what the other kinds do not cover (R11)."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from handlers import algorithms
from handlers.kinds.event_kind import EventKind
from writeoff.case import EventCase, Part
from writeoff.decision import Apply, Fail
from writeoff.policy.model import Policy
from writeoff.value import Value


class Parameters(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`algorithm` by name, with `parameters` of its own."""

    algorithm: str
    parameters: Mapping[str, Any] = {}


def decide(case: EventCase, parameters: Parameters) -> Apply | Fail:
    """Ask the algorithm."""
    algorithm = algorithms.registered()[parameters.algorithm]
    return algorithm.decide(case, algorithm.read(parameters.parameters))


def check(parameters: Parameters, policy: Policy) -> Iterable[str]:
    """The algorithm must exist and like its parameters."""
    algorithm = algorithms.registered().get(parameters.algorithm)
    if algorithm is None:
        known = ", ".join(algorithms.registered())
        yield f"parameters.algorithm: {parameters.algorithm!r} is not one of {known}"
        return
    try:
        own = algorithm.read(parameters.parameters)
    except msgspec.ValidationError as error:
        yield f"parameters.parameters: {error}"
        return
    for problem in algorithm.check(own, policy):
        yield f"parameters.{problem}"


KIND = EventKind(
    name="generic",
    parameters=Parameters,
    decide=decide,
    needs=Part.SNAPSHOT | Part.PERSONS | Part.REFERRALS | Part.BUCKETS,
    check=check,
)
