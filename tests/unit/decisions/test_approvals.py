"""Approval: who must decide, that nothing happens before, when it no longer suffices (R5, R10)."""

from typing import Any

import msgspec
import pytest

from handlers.running.settlement import run
from handlers.starting.opening import Opened, Order, open_process
from tests.unit.decisions.cases import Story, account, of, only, owing, policy, refusals
from writeoff.approval import Approved, deciders, exceeded, may_need
from writeoff.facts import (
    EventFailed,
    Fact,
    JournalPosted,
    NeedsApproval,
    ProcessStarted,
    RequestAnswered,
    RequestOpened,
    StandingChanged,
    TimerCleared,
    TodoCreated,
)

#: Opt-outs need none; from 20,000 the finance director, from 10,000 whoever may decide.
RULES = [
    {"priority": 10, "disposition": "opt_out", "needed": False},
    {"priority": 20, "amount_from": "20000", "roles": ["finance_director"]},
    {"priority": 30, "amount_from": "10000"},
    {"priority": 40, "kind": "bulk", "roles": ["head_of_collections", "admin"]},
]
NEEDED = policy({"approvals": RULES})


@pytest.mark.parametrize(
    ("kind", "disposition", "total", "who"),
    [
        ("personal", "write_off", 9_999, None),
        ("personal", "write_off", 10_000, ("admin",)),
        ("personal", "repossession", 19_999, ("admin",)),
        ("personal", "write_off", 20_000, ("finance_director",)),
        ("bulk", "write_off", 1, ("head_of_collections", "admin")),
        ("bulk", "write_off", 10_000, ("admin",)),
        ("personal", "opt_out", 50_000, None),
    ],
)
def test_the_first_rule_that_matches_says_who_decides(
    kind: Any, disposition: str, total: int, who: tuple[str, ...] | None
) -> None:
    assert deciders(NEEDED, kind, disposition, total) == who


def test_an_override_of_a_hold_always_needs_approval() -> None:
    assert deciders(policy(), "personal", "write_off", 1, override_hold=True) == ("admin",)
    assert deciders(NEEDED, "personal", "opt_out", 1, override_hold=True) == ("admin",)
    assert may_need(policy(), "bulk", "write_off", override_hold=True)


def test_a_total_is_looked_at_only_where_some_rule_may_want_approval() -> None:
    assert not may_need(policy(), "bulk", "write_off")
    assert may_need(NEEDED, "personal", "write_off")
    only_bulk = policy({"approvals": [RULES[3]]})
    assert may_need(only_bulk, "bulk", "opt_out")
    assert not may_need(only_bulk, "personal", "write_off")


@pytest.mark.parametrize(
    ("total", "roles", "rise", "missing"),
    [
        (9_000, (), 999, None),
        (9_000, (), 1_000, ("admin",)),
        (10_500, ("admin",), 9_000, None),
        (10_500, ("admin",), 9_500, ("finance_director",)),
        (10_500, ("admin", "finance_director"), 9_500, None),
        (25_000, ("finance_director",), 90_000, None),
        (10_500, ("admin",), -5_000, None),
    ],
)
def test_more_approval_is_missing_when_the_debt_rose_into_a_band_that_wants_it(
    total: int, roles: tuple[str, ...], rise: int, missing: tuple[str, ...] | None
) -> None:
    approved = Approved(total=total, roles=roles)
    assert exceeded(NEEDED, "personal", "write_off", approved, rise) == missing


# --- what waits ----------


def effects(facts: tuple[Fact, ...]) -> list[str]:
    """Return the kinds of the facts beside the request and its answer."""
    return sorted({type(fact).__name__ for fact in facts} - {"RequestOpened", "RequestAnswered"})


def test_a_request_in_a_band_that_needs_approval_waits_without_effect() -> None:
    story = Story(account(), NEEDED)
    facts = story.ask()
    assert effects(facts) == []
    opened = only(RequestOpened, facts)
    assert opened.approval == NeedsApproval(override_hold=False, total=10_500, roles=("admin",))
    assert [(item.state, item.amount) for item in opened.items] == [("awaiting", 10_500)]
    answer = only(RequestAnswered, facts)
    assert (answer.status, answer.revision, answer.refusal) == ("awaiting-approval", 1, None)
    assert (answer.accepted, answer.refused, answer.totals) == (0, 0, ())
    assert story.process is None


def test_a_request_below_every_band_begins_at_once() -> None:
    story = Story(owing(9_999), NEEDED)
    assert only(RequestAnswered, story.ask()).status == "accepted"
    assert story.process is not None


def test_an_account_that_cannot_be_written_off_is_refused_and_not_put_to_anybody() -> None:
    facts = Story(account(state="normal", pending_repossession=None), NEEDED).ask()
    assert only(RequestAnswered, facts).status == "refused"
    assert refusals(facts) == [("RW-100234", "not-in-default")]
    assert only(RequestOpened, facts).approval is None


def test_goods_of_a_request_that_waits_are_kept() -> None:
    story = Story(account(), NEEDED)
    facts = story.ask("repossession")
    [item] = only(RequestOpened, facts).items
    assert item.state == "awaiting"
    assert item.body is not None


def test_closing_small_balances_waits_too() -> None:
    rules = policy({"approvals": [{"priority": 1}], "small_balance_below": "1000"})
    facts = Story(owing(400), rules).ask()
    assert effects(facts) == []
    assert of(JournalPosted, facts) == []
    assert only(RequestOpened, facts).approval == NeedsApproval(
        override_hold=False, total=0, roles=("admin",)
    )


def test_a_process_that_an_attempt_leads_to_needs_approval_like_any_other() -> None:
    story = Story(account(), NEEDED)
    facts = story.visit("product-not-found")
    assert of(ProcessStarted, facts) == []
    opened = only(RequestOpened, facts)
    assert (opened.request_id, opened.requested_by) == ("AUTO-RPA-1", "system")
    assert opened.approval == NeedsApproval(override_hold=False, total=10_500, roles=("admin",))
    answer = only(RequestAnswered, facts)
    assert (answer.status, answer.command) == ("awaiting-approval", "repossession-failed")
    assert story.attempts[0].decided, "it has been asked for"


# --- a hold that is overridden ----------


def held() -> Story:
    story = Story(account())
    story.visit("promised-to-pay", promised_to_pay_on="2026-11-20")
    return story


def test_a_held_account_is_refused_without_an_override_and_put_to_somebody_with_it() -> None:
    assert refusals(held().ask()) == [("RW-100234", "on-hold")]
    facts = held().ask(override_hold=True)
    assert only(RequestAnswered, facts).status == "awaiting-approval"
    assert only(RequestOpened, facts).approval == NeedsApproval(
        override_hold=True, total=10_500, roles=("admin",)
    )
    assert of(StandingChanged, facts) == []


def test_an_override_that_is_not_about_a_hold_needs_approval_all_the_same() -> None:
    assert only(RequestAnswered, Story(account()).ask(override_hold=True)).status == "awaiting-approval"


def test_an_approved_override_lifts_the_hold_so_that_events_run() -> None:
    story = held()
    order = Order(
        request_id="WR-1",
        kind="personal",
        origin="request",
        disposition="write_off",
        reason="unrecoverable",
        comments=None,
        account_id="RW-100234",
        override_hold=True,
    )
    opened = open_process(order, story.case())
    assert isinstance(opened, Opened)
    assert only(StandingChanged, opened.facts).standing.hold_until is None
    assert only(TimerCleared, opened.facts).kind == "hold-end"
    story.keep(opened.facts)
    assert story.run_due() == [10, 20, 30, 40, 50]


# --- an event that outgrows its approval ----------


@pytest.mark.parametrize(("roles", "runs"), [(("admin",), False), (("finance_director",), True)])
def test_an_event_whose_debt_outgrew_the_approval_fails_with_a_to_do(
    roles: tuple[str, ...], *, runs: bool
) -> None:
    story = Story(owing(9_000), NEEDED)
    story.ask()
    story.update(
        msgspec.structs.replace(owing(21_000), version=(story.account.version if story.account else 0) + 1)
    )
    case = msgspec.structs.replace(story.event_case(10), approved=Approved(total=12_000, roles=roles))
    facts = run(case)
    assert (of(EventFailed, facts) == []) is runs
    if not runs:
        failed = only(EventFailed, facts)
        assert failed.reason == "approval-exceeded"
        assert (
            failed.detail
            == "the debt rose from RWF 9,000 to RWF 21,000, which needs approval by one of finance_director"
        )
        assert "approval-exceeded" in only(TodoCreated, facts).message
