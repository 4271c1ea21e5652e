"""Which requests need approval: rules that can be read, reached and decided by somebody (R5)."""

from typing import Any

import pytest

from tests.unit.policy.documents import case, problems, rwanda, toml
from writeoff.policy.model import ApprovalRule
from writeoff.policy.reading import read

RULES = [
    {"priority": 10, "disposition": "opt_out", "needed": False},
    {"priority": 20, "amount_from": "1000000", "roles": ["finance_director"]},
    {"priority": 30, "kind": "bulk", "amount_from": "50000"},
]
SECOND = RULES[1]


def with_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"approvals": list(rules)}


WRONG = [
    case(
        with_rules(SECOND | {"amount_from": "10.50"}),
        'approvals[0].amount_from: "10.50" is not allowed: RWF has 0 decimal digits, not 2',
    ),
    case(
        with_rules(SECOND | {"amount_below": "1000000"}),
        'approvals[0].amount_below: not above amount_from; allowed: more than "1000000"',
    ),
    case(
        with_rules({"priority": 1, "amount_below": "0"}),
        'approvals[0].amount_below: not above amount_from; allowed: more than "0"',
    ),
    case(
        with_rules(SECOND, SECOND | {"amount_from": "10"}),
        "approvals[1].priority: 20 is that of approvals[0]; allowed: each once",
    ),
    case(
        with_rules(SECOND | {"roles": []}),
        "approvals[0].roles: empty, so nobody could decide; allowed: one role or more",
    ),
    case(
        with_rules(SECOND | {"roles": ["boss", "boss"]}),
        "approvals[0].roles: a role stands here twice; allowed: each once",
    ),
    case(
        with_rules(SECOND | {"needed": False}),
        "approvals[0].roles: there is nothing to decide where needed is false; allowed: to leave it out",
    ),
    case(
        with_rules({"priority": 5, "kind": "bulk"}, {"priority": 6, "kind": "bulk", "amount_from": "7"}),
        "approvals[1]: never reached, since approvals[0] matches all of it before; allowed: a higher "
        "priority number for the wider rule",
    ),
    case(
        with_rules(SECOND | {"kind": "huge"}),
        'approvals[0].kind: "huge" is not allowed; allowed: personal, bulk',
    ),
]


@pytest.mark.parametrize(("changes", "expected"), WRONG)
def test_a_wrong_rule_is_refused_with_its_place(changes: dict[str, Any], expected: list[str]) -> None:
    assert list(problems(rwanda(changes))) == expected


def test_rules_are_read_in_the_order_of_their_priority_with_amounts_in_minor_units() -> None:
    policy = read(toml(rwanda(with_rules(*reversed(RULES)))), "test")
    assert policy.approvals == (
        ApprovalRule(priority=10, disposition="opt_out", needed=False),
        ApprovalRule(priority=20, amount_from=1_000_000, roles=("finance_director",)),
        ApprovalRule(priority=30, kind="bulk", amount_from=50_000),
    )


def test_without_rules_nothing_needs_approval() -> None:
    assert read(toml(rwanda()), "test").approvals == ()
