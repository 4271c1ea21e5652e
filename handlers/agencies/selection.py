"""Which agency gets a debt: the rule of a `refer-to-agency` event (R11)."""

from collections.abc import Collection, Iterator, Mapping
from math import lcm
from typing import Any, Literal

from writeoff import money
from writeoff.case import Case
from writeoff.errors import AmountMalformed
from writeoff.policy.model import Policy
from writeoff.policy.references import listed
from writeoff.policy.structure import join, shown
from writeoff.value import Value

#: The largest weight: shares as fine as a tenth of a percent, and no more.
MAX_WEIGHT = 1000
_WEIGHT = f"a whole number from 1 to {MAX_WEIGHT}"


class Band(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agencies and their weights for debts below an amount (a decimal string); the last has no limit."""

    agencies: dict[str, Any]
    amount_below: str | None = None


class Rule(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the agency is chosen among the active ones.

    `least-debt`: the one with the least active referred debt. `weights`: the one that would have the least
    for its weight with this debt added. `bands`: the same among the agencies of the first band that it is
    below. Equals go by code.
    """

    selection: Literal["least-debt", "weights", "bands"] = "least-debt"
    weights: dict[str, Any] | None = None
    bands: tuple[Band, ...] | None = None


def choose(rule: Rule, case: Case, amount: int, besides: Collection[str] = ()) -> str | None:
    """Return the code of the agency for a debt (minor units), or None when no active one fits.

    Those in `besides` are passed over. Which agencies there are and are active, the current policy says.
    """
    weights = _weights(rule, case, amount)
    fitting = {
        code: weights[code]
        for code, agency in case.current.agencies.items()
        if agency.active and code in weights and code not in besides
    }
    if not fitting:
        return None
    # Debts for their weights, over one denominator: exact, and no fraction is made for each agency.
    whole = lcm(*fitting.values())
    return min(
        fitting, key=lambda code: ((case.agency_debt.get(code, 0) + amount) * (whole // fitting[code]), code)
    )


def none_fits(case: Case, amount: int) -> str:
    """Return why a debt finds no agency, as a clause."""
    return f"no active agency takes a debt of {money.display(amount, case.policy.currency)} by the rule"


def _weights(rule: Rule, case: Case, amount: int) -> Mapping[str, int]:
    if rule.selection == "weights":
        return rule.weights or {}
    if rule.selection == "bands":
        currency = case.policy.currency
        return next(
            band.agencies
            for band in rule.bands or ()
            if band.amount_below is None or amount < money.parse(band.amount_below, currency)
        )
    return dict.fromkeys(case.current.agencies, 1)


def check(rule: Rule, policy: Policy) -> Iterator[str]:
    """Say what is wrong with a rule under a policy: every debt must find a band, every code an agency."""
    for key in ("weights", "bands"):
        given = getattr(rule, key) is not None
        if given and rule.selection != key:
            yield f'parameters.{key}: not allowed; allowed: with selection = "{key}" alone'
        elif rule.selection == key and not given:
            yield f'parameters.{key}: missing; selection = "{key}" needs it'
    if rule.selection == "weights" and rule.weights is not None:
        yield from _agencies("parameters.weights", rule.weights, policy)
    if rule.selection == "bands" and rule.bands is not None:
        yield from _bands(rule.bands, policy)


def _bands(bands: tuple[Band, ...], policy: Policy) -> Iterator[str]:
    if not bands:
        yield "parameters.bands: empty; allowed: one band or more, the last without amount_below"
    before = -1
    for index, band in enumerate(bands):
        path = f"parameters.bands[{index}]"
        yield from _agencies(f"{path}.agencies", band.agencies, policy)
        if index == len(bands) - 1:
            if band.amount_below is not None:
                yield (
                    f"{path}.amount_below: not allowed in the last band, or larger debts would find no "
                    "agency; allowed: leave it out"
                )
            continue
        if band.amount_below is None:
            yield f"{path}.amount_below: missing; allowed: an amount, since only the last band has none"
            continue
        try:
            limit = money.parse(band.amount_below, policy.currency)
        except AmountMalformed as malformed:
            yield f"{path}.amount_below: {shown(band.amount_below)} is not allowed: {malformed.problem}"
            continue
        if limit <= max(before, 0):
            least = shown(money.render(max(before, 0), policy.currency))
            given = shown(band.amount_below)
            yield f"{path}.amount_below: {given} is not allowed; allowed: more than {least}"
        before = max(before, limit)


def _agencies(path: str, weights: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    if not weights:
        yield f"{path}: empty; allowed: one agency or more, each with its weight"
    for code, weight in weights.items():
        at = join(path, code)
        if code not in policy.agencies:
            yield f"{at}: {shown(code)} is not in agencies; allowed: {listed(policy.agencies)}"
        if isinstance(weight, bool) or not isinstance(weight, int) or not 1 <= weight <= MAX_WEIGHT:
            yield f"{at}: {shown(weight)} is not allowed; allowed: {_WEIGHT}"
