"""Which template a process gets, and what it takes in (R8)."""

from datetime import timedelta
from typing import Any

import pytest

from handlers.starting.opening import Opened, Order, open_process
from tests.unit.decisions.cases import (
    DEFAULTED,
    TODAY,
    Story,
    account,
    agreement,
    billed,
    owing,
    policy,
    shipped,
)
from writeoff.account import Account
from writeoff.policy.model import Policy
from writeoff.process import Process


def opened(known: Account | None = None, rules: Policy | None = None, **changes: Any) -> Process:
    """Open a process for what is asked and return it."""
    asked: dict[str, Any] = {
        "request_id": "WR-1",
        "kind": "personal",
        "origin": "request",
        "disposition": "write_off",
        "reason": "unrecoverable",
        "comments": None,
        "account_id": "RW-100234",
    }
    outcome = open_process(Order(**(asked | changes)), Story(known or account(), rules).case())
    assert isinstance(outcome, Opened), outcome
    return outcome.process


@pytest.mark.parametrize(
    ("asked", "customer_class", "template"),
    [
        ({}, "residential", "immediate"),
        ({"kind": "bulk"}, "residential", "immediate"),
        ({}, "commercial", "immediate"),
        ({"disposition": "repossession"}, "residential", "immediate"),
        ({"disposition": "opt_out"}, "residential", "opt-out"),
        ({"origin": "repossession-failed", "reason": "refused-to-return"}, "commercial", "agency-first"),
        ({"origin": "repossession-failed", "reason": "product-not-found"}, "commercial", "commercial"),
        ({"origin": "repossession-failed", "reason": "product-not-found"}, "residential", "residential"),
        ({"origin": "repossession-failed", "reason": "home-not-found"}, "public", "residential"),
        ({"reason": "refused-to-return"}, "residential", "immediate"),
    ],
)
def test_rwandas_first_rule_that_matches_names_the_template(
    asked: dict[str, Any], customer_class: str, template: str
) -> None:
    assert opened(account(customer_class=customer_class), **asked).template == template


def ruled(**criteria: Any) -> Policy:
    """Return a policy whose first rule has these criteria and names the commercial template."""
    last = {"priority": 90, "template": "immediate"}
    opt_out = {"priority": 1, "disposition": "opt_out", "template": "opt-out"}
    return policy({"template_rules": [last, {"priority": 5, "template": "commercial"} | criteria, opt_out]})


DAYS = (TODAY - DEFAULTED).days


@pytest.mark.parametrize(
    ("criteria", "matches"),
    [
        ({}, True),
        ({"kind": "personal"}, True),
        ({"kind": "bulk"}, False),
        ({"amount_from": "10500"}, True),
        ({"amount_from": "10501"}, False),
        ({"amount_below": "10501"}, True),
        ({"amount_below": "10500"}, False),
        ({"amount_from": "100", "amount_below": "20000"}, True),
        ({"days_in_default_from": DAYS}, True),
        ({"days_in_default_from": DAYS + 1}, False),
        ({"days_in_default_below": DAYS + 1}, True),
        ({"days_in_default_below": DAYS}, False),
        ({"reason": "unrecoverable", "customer_class": "residential"}, True),
        ({"reason": "unrecoverable", "customer_class": "commercial"}, False),
    ],
)
def test_a_rule_matches_when_all_its_criteria_do(criteria: dict[str, Any], *, matches: bool) -> None:
    assert opened(rules=ruled(**criteria)).template == ("commercial" if matches else "immediate")


def test_days_in_default_match_nothing_where_there_is_no_default() -> None:
    late = account(state="late", defaulted_on=None)
    assert opened(late, ruled(days_in_default_from=0)).template == "immediate"


def test_the_amount_of_a_band_is_that_of_all_agreements_in_the_process() -> None:
    assert opened(owing(6_000, 4_500, 50), ruled(amount_from="10500")).template == "commercial"
    assert opened(owing(6_000, 4_499, 50), ruled(amount_from="10500")).template == "immediate"


def test_a_process_takes_every_agreement_that_owes_and_is_of_an_eligible_type() -> None:
    agreements = (
        agreement(),
        billed("SA-2", 700, sa_type="appliance-loan", status="stopped"),
        billed("SA-3", 0),
        billed("SA-4", 900, sa_type="deposit"),
        billed("SA-5", 900, sa_type="bicycle-loan"),
    )
    process = opened(account(service_agreements=agreements))
    assert [(each.sa_id, each.sa_type, each.amount) for each in process.agreements] == [
        ("SA-55001", "solar-home-system", 10_500),
        ("SA-2", "appliance-loan", 700),
    ]
    assert process.amount == 11_200


def test_a_process_is_dated_from_its_creation_and_only_its_first_event_is_due() -> None:
    process = opened(origin="repossession-failed", reason="product-not-found")
    day_60 = TODAY + timedelta(days=60)
    assert [(event.sequence, event.trigger_date, event.due_on) for event in process.events] == [
        (10, TODAY, TODAY),
        (20, TODAY, None),
        (30, TODAY, None),
        (40, day_60, None),
        (50, day_60, None),
    ]
    assert process.created_on == TODAY
    assert process.policy_digest == shipped("RW").digest


def test_events_without_predecessors_are_due_on_their_own_dates() -> None:
    events = [
        {"sequence": 10, "event_type": "LETTER", "days": 0},
        {"sequence": 20, "event_type": "TO-DO", "days": 5, "after": []},
        {"sequence": 30, "event_type": "WRITE-OFF", "days": 9, "after": [10]},
    ]
    process = opened(rules=policy({"templates/immediate/events": events}))
    assert [event.due_on for event in process.events] == [TODAY, TODAY + timedelta(days=5), None]


def test_the_same_request_makes_the_same_process_and_another_account_another() -> None:
    assert opened().process_id == opened().process_id
    assert opened().process_id != opened(account(account_id="RW-2")).process_id
    assert opened().process_id != opened(request_id="WR-2").process_id
