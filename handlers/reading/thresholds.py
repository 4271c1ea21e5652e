"""Debt thresholds in policy: decimal strings in the opco's currency."""

from collections.abc import Iterable

from writeoff import money
from writeoff.case import EventCase
from writeoff.errors import AmountMalformed
from writeoff.policy.model import Policy


def reached(case: EventCase, threshold: str | None) -> bool:
    """Tell whether the debt is at or above the threshold; without one it always is."""
    return threshold is None or case.amount >= money.parse(threshold, case.policy.currency)


def check(threshold: str | None, policy: Policy) -> Iterable[str]:
    """A threshold is an amount of zero or more in the policy's currency."""
    if threshold is None:
        return
    try:
        if money.parse(threshold, policy.currency) < 0:
            yield "parameters.threshold: must not be below zero"
    except AmountMalformed as error:
        yield f"parameters.threshold: {error}"
