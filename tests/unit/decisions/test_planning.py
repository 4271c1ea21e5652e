"""A plan by the very decisions of execution: what it says, and what is under its digest (R4)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NoReturn

import msgspec
import pytest

from handlers.planning.figures import differences, plan_digest
from handlers.planning.plan import AccountPlan
from handlers.planning.planner import UNDECIDABLE, plan_item
from handlers.planning.totals import Totals
from handlers.starting import requests
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody
from tests.unit.decisions.cases import (
    ACCOUNT,
    TODAY,
    Story,
    account,
    cause,
    contract_account,
    contract_persons,
    owing,
    policy,
    shipped,
)
from writeoff.account import Account, Person
from writeoff.case import Case
from writeoff.policy.model import Policy

ORDER = Order(
    request_id="WR-1",
    kind="bulk",
    origin="request",
    disposition="write_off",
    reason="aged-default",
    comments=None,
    account_id=ACCOUNT,
)


def planned(
    known: Account | None = None,
    rules: Policy | None = None,
    *,
    persons: tuple[Person, ...] | None = None,
    today: date = TODAY,
    agency_debt: Mapping[str, int] | None = None,
    **changes: Any,
) -> AccountPlan:
    """Plan the contract's account, or another, with a case or an order changed."""
    story = Story(known or contract_account(), rules)
    of = {name: changes.pop(name) for name in list(changes) if name in Order.__struct_fields__}
    case = story.case(cause(on=today))
    case = msgspec.structs.replace(
        case,
        persons=contract_persons() if persons is None else persons,
        agency_debt=dict(agency_debt or {}),
        **changes,
    )
    return plan_item(msgspec.structs.replace(ORDER, **of), None, ItemBody(), case)


def lines(plan: AccountPlan) -> list[tuple[str, str, str, int]]:
    return [(line.side, line.gl_account, line.distribution_code, line.amount) for line in plan.lines]


def test_the_contracts_account_is_planned_event_by_event_and_line_by_line() -> None:
    plan = planned()
    assert [
        (each.sequence, each.event_type, each.day, each.outcome, each.amount) for each in plan.events
    ] == [
        (10, "REFER-TO-AGENCY", 0, "complete", 10_500),
        (20, "DEMERIT", 0, "complete", 10_500),
        (30, "WRITE-OFF", 0, "complete", 10_500),
        (40, "LETTER", 0, "complete", 10_500),
        (50, "TO-DO", 0, "complete", 10_500),
    ]
    assert lines(plan) == [
        ("debit", "6150", "WRITE-OFF-EXPENSE", 9_500),
        ("debit", "2210", "VAT-PAYABLE", 800),
        ("debit", "2220", "CITY-TAX-PAYABLE", 200),
        ("credit", "1200", "RECEIVABLE", 10_500),
    ]
    letters = [
        (each.person.person_id, [to.person_id for to in each.recipients]) for each in plan.events[3].contacts
    ]
    assert letters == [("P-7781", ["P-7781"]), ("P-7782", ["P-7781"])]
    assert (plan.eligible, plan.amount, plan.days_in_default, plan.customer) == (
        True,
        10_500,
        142,
        "Uwimana Claudine",
    )


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (account(state="inactive"), "already-terminated"),
        (account(state="normal", pending_repossession=None), "not-in-default"),
        (owing(0), "no-debt"),
        (owing(60, 30), "closed-as-small"),
        (owing(10_500, -700), "credit-to-apply"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_why_not_is_said_in_the_words_of_execution(known: Account, refusal: str) -> None:
    plan = planned(known)
    assert (plan.refusal, plan.eligible, plan.events) == (refusal, False, ())
    assert plan.message is not None


def test_small_balances_are_closed_beside_the_process() -> None:
    plan = planned(owing(10_000, 60))
    assert [line[:3] for line in lines(plan)][:2] == [
        ("debit", "6155", "SMALL-BALANCE-EXPENSE"),
        ("credit", "1200", "RECEIVABLE"),
    ]
    assert plan.amount == 10_000


def test_events_have_the_days_of_their_template_and_never_run_before_their_predecessors() -> None:
    events = [
        {"sequence": 10, "event_type": "LETTER", "days": 9},
        {"sequence": 20, "event_type": "WRITE-OFF", "days": 0},
        {"sequence": 30, "event_type": "TO-DO", "days": 30},
    ]
    plan = planned(rules=policy({"templates/immediate/events": events}))
    assert [(each.sequence, each.day, each.on) for each in plan.events] == [
        (10, 9, TODAY + timedelta(days=9)),
        (20, 9, TODAY + timedelta(days=9)),
        (30, 30, TODAY + timedelta(days=30)),
    ]


def test_an_event_that_would_fail_blocks_what_comes_after_it() -> None:
    [agreement] = contract_account().service_agreements
    short = msgspec.structs.replace(agreement, financial_transactions=agreement.financial_transactions[1:])
    plan = planned(account(service_agreements=(short,)))
    assert [(each.sequence, each.outcome) for each in plan.events] == [
        (10, "complete"),
        (20, "complete"),
        (30, "failed"),
        (40, "blocked"),
        (50, "blocked"),
    ]
    assert (plan.events[2].reason or "").startswith("distribution-short: ")
    assert plan.lines == ()


def test_an_account_that_no_decision_survives_stops_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_order: Order, _case: Case) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(requests, "open_process", broken)
    plan = planned()
    assert (plan.refusal, plan.eligible) == (UNDECIDABLE, False)
    assert plan.message == "Account RW-100234 cannot be decided: ZeroDivisionError."


# --- the digest -------------------------------------------------------------------------------------------


def test_neither_the_day_nor_the_agency_is_under_the_digest() -> None:
    plan = planned()
    later = planned(today=TODAY + timedelta(days=5))
    busy = planned(agency_debt={"KIGALI-RECOVERY": 1_000_000})
    assert [each.referral.agency for each in (plan.events[0], busy.events[0]) if each.referral] == [
        "KIGALI-RECOVERY",
        "VOLCANO-CREDIT",
    ]
    assert plan.digest == later.digest == busy.digest
    assert planned(request_id="WR-2").digest == plan.digest


def _moved(plan: AccountPlan) -> list[str]:
    return [each.field for each in differences(ACCOUNT, planned().fields, plan.fields)]


def test_a_balance_is() -> None:
    [agreement] = contract_account().service_agreements
    less = msgspec.structs.replace(agreement, balance=10_000)
    assert "balances.SA-55001" in _moved(planned(account(service_agreements=(less,))))
    assert "events.30.lines.1" in _moved(planned(account(service_agreements=(less,))))


def test_a_transaction_is_even_where_the_lines_stay() -> None:
    [agreement] = contract_account().service_agreements
    first, *others = agreement.financial_transactions
    dated = msgspec.structs.replace(first, accounting_date=date(2026, 4, 1))
    other = msgspec.structs.replace(agreement, financial_transactions=(dated, *others))
    assert _moved(planned(account(service_agreements=(other,)))) == ["transactions.SA-55001"]


def test_a_recipient_is() -> None:
    one, other = contract_persons()
    both = msgspec.structs.replace(other, receives_notifications=True)
    assert _moved(planned(persons=(one, both))) == ["events.40.recipients.1", "events.40.recipients.2"]
    moved_house = msgspec.structs.replace(one, phone="+250780000009")
    assert _moved(planned(persons=(moved_house, other))) == []


def test_the_policy_and_the_template_are() -> None:
    other = policy({"templates/immediate/events/4/days": 3})
    assert _moved(planned(rules=other)) == ["policy"]
    renamed = policy({"template_rules/4/template": "commercial"})
    assert {"policy", "template"} < set(_moved(planned(rules=renamed)))


def test_whether_an_account_is_eligible_is() -> None:
    assert _moved(planned(account(state="inactive")))[-1] == "refusal"


def test_the_digest_of_a_plan_does_not_depend_on_the_order_of_its_accounts() -> None:
    pairs = [("RW-1", "a"), ("RW-2", "b"), ("RW-1", "c")]
    assert plan_digest(pairs) == plan_digest(pairs[::-1]) != plan_digest([("RW-1", "b"), ("RW-2", "a")])


def test_totals_are_sums_over_the_accounts() -> None:
    totals = Totals()
    for each in (planned(), planned(), planned(owing(0))):
        totals.add(each)
    assert (totals.accounts, totals.eligible, totals.amount) == (3, 2, 21_000)
    assert (totals.debits["6150"], totals.credits["1200"]) == (19_000, 21_000)
    assert sum(totals.debits.values()) == sum(totals.credits.values())
    assert (totals.letters, totals.refusals["no-debt"]) == (4, 1)
    assert shipped("RW").digest in planned().fields["policy"]
