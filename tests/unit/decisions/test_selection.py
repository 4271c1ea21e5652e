"""Debts are spread over the agencies as the rule says, whatever the debts are (R11)."""

from fractions import Fraction

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.agencies.selection import Band, Rule, choose
from tests.unit.decisions.cases import Story, account, shipped
from writeoff.policy.model import Agency

CODES = ("ALPHA", "BETA", "GAMMA")
DEBTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=60)
WEIGHTS = st.fixed_dictionaries(dict.fromkeys(CODES, st.integers(1, 1000)))


def spread(rule: Rule, debts: list[int], active: frozenset[str] = frozenset(CODES)) -> dict[str, int]:
    """Place debts one after the other; return what each agency has in the end, in minor units."""
    agencies = {code: Agency(code=code, name=code, active=code in active) for code in CODES}
    rules = msgspec.structs.replace(shipped("RW"), agencies=agencies)
    case = Story(account(), rules).case()
    totals = dict.fromkeys(CODES, 0)
    for debt in debts:
        code = choose(rule, msgspec.structs.replace(case, agency_debt=totals), debt)
        assert code is not None
        totals[code] += debt
    return totals


@settings(max_examples=60)
@given(DEBTS, WEIGHTS)
def test_by_weights_no_agency_is_more_than_one_debt_ahead_of_its_share(
    debts: list[int], weights: dict[str, int]
) -> None:
    totals = spread(Rule(selection="weights", weights=weights), debts)
    assert sum(totals.values()) == sum(debts)
    for ahead in CODES:
        for behind in CODES:
            share = Fraction(totals[behind] + max(debts), weights[behind])
            assert Fraction(totals[ahead], weights[ahead]) <= share


@settings(max_examples=30)
@given(DEBTS)
def test_equal_weights_one_band_and_no_rule_are_the_same(debts: list[int]) -> None:
    equal = dict.fromkeys(CODES, 7)
    plain = spread(Rule(), debts)
    assert plain == spread(Rule(selection="weights", weights=equal), debts)
    assert plain == spread(Rule(selection="bands", bands=(Band(agencies=equal),)), debts)
    assert max(plain.values()) - min(plain.values()) <= max(debts)


@settings(max_examples=30)
@given(DEBTS, WEIGHTS, st.sampled_from(CODES))
def test_an_agency_that_is_not_active_gets_nothing(
    debts: list[int], weights: dict[str, int], gone: str
) -> None:
    rule = Rule(selection="weights", weights=weights)
    assert spread(rule, debts, frozenset(CODES) - {gone})[gone] == 0
