"""What a failed repossession leads to, by its reason (R6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.unit.decisions.cases import (
    ACCOUNT,
    DEFAULTED,
    NINE,
    TODAY,
    Story,
    account,
    attempt,
    example,
    of,
    only,
    owing,
    policy,
    refusals,
)
from writeoff.account import Account
from writeoff.decision import Apply
from writeoff.facts import (
    AttemptRecorded,
    EventDue,
    Fact,
    ProcessEnded,
    ProcessStarted,
    RequestAnswered,
    RequestOpened,
    TimerCleared,
    TimerSet,
    TodoCreated,
)

DAY_D = DEFAULTED + timedelta(days=90)
COUNTED = ["home-not-found", "customer-not-available", "spoke-with-other"]


def visited(*reasons: str, known: Account | None = None, on: date = TODAY) -> Story:
    """Return the story of an account after visits with these reasons, all on one day."""
    story = Story(known or account()).on(on)
    for number, reason in enumerate(reasons, start=1):
        story.visit(reason, number)
    return story


def started(facts: tuple[Fact, ...] | list[Fact]) -> bool:
    return bool(of(ProcessStarted, facts))


# --- the eight reasons ----------


@pytest.mark.parametrize("reason", COUNTED)
def test_the_third_visit_after_ninety_days_starts_a_process(reason: str) -> None:
    story = visited(reason, reason)
    assert not started(story.facts)
    assert started(story.visit(reason, 3))


def test_visits_of_any_reason_count() -> None:
    story = visited("product-issue", "customer-paid")
    assert started(story.visit("spoke-with-other", 3))


def test_lost_goods_start_a_process_at_once() -> None:
    story = visited("product-not-found", on=DEFAULTED)
    process = only(ProcessStarted, story.facts).process
    assert process.template == "residential"
    assert of(TodoCreated, story.facts) == []


def test_a_refusal_starts_a_process_at_once_and_asks_somebody_to_stop_the_visits() -> None:
    story = visited("refused-to-return", on=DEFAULTED)
    process = only(ProcessStarted, story.facts).process
    todo = only(TodoCreated, story.facts)
    assert (process.template, process.reason) == ("agency-first", "refused-to-return")
    assert (todo.todo_type, todo.role, todo.amount) == ("VISIT-REFUSED", "collections-officer", 10_500)


def test_goods_to_be_repaired_are_a_task_and_no_process() -> None:
    story = visited("product-issue", "product-issue", "product-issue")
    assert not started(story.facts)
    assert [todo.todo_type for todo in of(TodoCreated, story.facts)] == ["SERVICE-VISIT"] * 3
    assert len({todo.todo_id for todo in of(TodoCreated, story.facts)}) == 3


def test_a_customer_who_has_paid_and_still_owes_is_a_task_and_no_process() -> None:
    story = visited("customer-paid", "customer-paid", "customer-paid")
    assert not started(story.facts)
    assert [todo.todo_type for todo in of(TodoCreated, story.facts)] == ["PAID-BUT-OWING"] * 3


def test_a_customer_who_has_paid_everything_is_no_task() -> None:
    story = visited("customer-paid", known=owing(0))
    assert of(TodoCreated, story.facts) == []


def test_a_customer_who_has_paid_ends_the_process_when_nothing_is_owed() -> None:
    story = visited("product-not-found")
    assert story.standing is not None
    story.standing = msgspec.structs.replace(story.standing, balances={"SA-55001": 0})
    facts = story.visit("customer-paid", 2)
    assert only(ProcessEnded, facts).end_reason == "paid"
    assert of(TodoCreated, facts) == []


def test_a_customer_who_says_paid_and_owes_keeps_the_process_and_is_a_task() -> None:
    story = visited("product-not-found")
    facts = story.visit("customer-paid", 2)
    assert of(ProcessEnded, facts) == []
    todo = only(TodoCreated, facts)
    assert story.process is not None
    assert todo.cause.process_id == story.process.process_id


def test_a_visit_is_recorded_whatever_its_reason() -> None:
    reasons = [
        *COUNTED,
        "product-not-found",
        "refused-to-return",
        "promised-to-pay",
        "customer-paid",
        "product-issue",
    ]
    for reason in reasons:
        facts = Story(account()).visit(reason, promised_to_pay_on="2026-11-10")
        assert only(AttemptRecorded, facts).attempt.reason == reason


def test_policy_decides_what_a_reason_leads_to() -> None:
    story = Story(account(), policy({"attempts/outcomes/home-not-found": "process"}))
    assert started(story.visit("home-not-found"))


# --- K and D ----------


@pytest.mark.parametrize(("on", "starts"), [(DAY_D - timedelta(days=1), False), (DAY_D, True)])
def test_day_d_is_the_ninetieth_after_the_default(on: date, *, starts: bool) -> None:
    story = visited(*COUNTED, on=on)
    assert started(story.facts) == starts
    assert story.timers == ({} if starts else {("days-in-default", ACCOUNT): DAY_D})


def test_two_visits_set_no_timer() -> None:
    assert visited(*COUNTED[:2], on=DEFAULTED).timers == {}


@pytest.mark.parametrize(
    ("first", "starts"),
    [
        (datetime(2026, 6, 13, 23, 0, tzinfo=UTC), True),  # in Kigali, the day of the default
        (datetime(2026, 6, 13, 21, 59, tzinfo=UTC), False),
    ],
)
def test_visits_count_from_the_day_of_the_default_in_the_opcos_time_zone(
    first: datetime, *, starts: bool
) -> None:
    story = Story(account())
    story.attempts = (attempt(1, attempted_at=first), attempt(2))
    assert started(story.visit("home-not-found", 3)) == starts


def test_policy_sets_how_many_visits_and_days_it_takes() -> None:
    rules = policy({"attempts/minimum_attempts": 1, "attempts/minimum_days": 10})
    story = Story(account(), rules).on(DEFAULTED + timedelta(days=9))
    assert not started(story.visit("home-not-found"))
    assert story.timers == {("days-in-default", ACCOUNT): DEFAULTED + timedelta(days=10)}
    assert started(story.days_later(1).look("days-in-default"))


def test_on_day_d_the_account_is_looked_at_again() -> None:
    story = visited(*COUNTED, on=DEFAULTED)
    facts = story.on(DAY_D).look("days-in-default")
    process = only(ProcessStarted, facts).process
    assert (process.request_id, process.created_on) == ("AUTO-RPA-3", DAY_D)
    assert story.timers == {}


def test_on_day_d_a_process_that_runs_already_is_left_alone() -> None:
    story = visited(*COUNTED, "product-not-found", on=DEFAULTED)
    story.timers["days-in-default", ACCOUNT] = DAY_D
    facts = story.on(DAY_D).look("days-in-default")
    assert [type(fact) for fact in facts] == [TimerCleared]


def test_on_day_d_of_an_earlier_default_the_timer_is_set_to_the_new_one() -> None:
    story = visited(*COUNTED, on=DEFAULTED)
    later = DEFAULTED + timedelta(days=20)
    story.attempts = tuple(
        msgspec.structs.replace(each, attempted_at=each.attempted_at + timedelta(days=30))
        for each in story.attempts
    )
    story.update(account(version=42, defaulted_on=later))
    facts = story.on(DAY_D).look("days-in-default")
    assert only(TimerSet, facts).due_on == later + timedelta(days=90)
    assert of(TimerCleared, facts) == []  # it would clear what was just set
    assert story.timers == {("days-in-default", ACCOUNT): later + timedelta(days=90)}


def test_on_day_d_visits_of_an_earlier_default_do_not_count() -> None:
    story = visited(*COUNTED, on=DEFAULTED)
    story.update(account(version=42, defaulted_on=DEFAULTED + timedelta(days=20)))
    facts = story.on(DAY_D).look("days-in-default")
    assert [type(fact) for fact in facts] == [TimerCleared]


# --- the request of an attempt ----------


def test_the_request_bears_the_name_of_the_attempt_that_led_to_it() -> None:
    story = visited(*COUNTED)
    opened = only(RequestOpened, story.facts)
    assert (opened.request_id, opened.requested_by, opened.kind) == ("AUTO-RPA-3", "system", "personal")
    assert (opened.disposition, opened.reason) == ("write_off", "spoke-with-other")
    assert (opened.cause.origin, opened.cause.bulk) == ("repossession-failed", False)
    answer = only(RequestAnswered, story.facts)
    assert (answer.command, answer.answers_message_id) == ("repossession-failed", "visit-3")
    assert (answer.status, answer.totals, answer.cause.process_id) == (
        "accepted",
        (("RWF", 10_500),),
        only(ProcessStarted, story.facts).process.process_id,
    )
    assert (answer.cause.correlation_id, answer.cause.causation_id) == ("visit-3", "visit-3")


def test_a_visit_that_is_heard_of_late_leads_to_a_request_of_its_own_name() -> None:
    story = Story(owing(5_000, -5_000))
    for number in (1, 3, 4):
        story.visit("home-not-found", number)
    early = (NINE - timedelta(days=9)).isoformat()
    facts = story.visit("home-not-found", 2, attempted_at=early)
    assert [opened.request_id for opened in of(RequestOpened, story.facts)] == ["AUTO-RPA-4", "AUTO-RPA-2"]
    assert refusals(facts) == [(ACCOUNT, "credit-to-apply")]


def test_at_a_timer_an_attempt_leads_to_no_second_request() -> None:
    story = visited(*COUNTED, on=DEFAULTED)
    story.attempts = tuple(msgspec.structs.replace(each, decided=True) for each in story.attempts)
    facts = story.on(DAY_D).look("days-in-default")
    assert [type(fact) for fact in facts] == [TimerCleared]


def test_a_process_from_an_attempt_passes_the_checks_of_any_other_and_is_answered() -> None:
    story = visited("product-not-found", known=owing(99))
    assert refusals(story.facts) == [(ACCOUNT, "closed-as-small")]
    running = visited("product-not-found", "product-not-found")
    assert refusals(running.facts) == [(ACCOUNT, "process-active")]
    normal = visited("product-not-found", known=account(state="normal", pending_repossession=None))
    assert refusals(normal.facts) == [(ACCOUNT, "not-in-default")]


# --- holds ----------


def promised(story: Story, number: int, on: str) -> tuple[Fact, ...]:
    return story.visit("promised-to-pay", number, promised_to_pay_on=on)


def test_a_promise_holds_the_account_until_its_date_and_the_grace() -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    assert story.standing is not None
    assert story.standing.hold_until == date(2026, 11, 13)
    assert story.timers == {("hold-end", ACCOUNT): date(2026, 11, 13)}
    assert story.standing.held_on(date(2026, 11, 12))
    assert not story.standing.held_on(date(2026, 11, 13))


def test_at_most_two_promises_are_believed_in_one_default() -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    story.on(date(2026, 11, 13)).look("hold-end")
    promised(story, 2, "2026-11-20")
    story.on(date(2026, 11, 23)).look("hold-end")
    facts = promised(story, 3, "2026-12-01")
    assert story.standing is not None
    assert (story.standing.hold_until, story.standing.holds) == (None, 2)
    assert only(ProcessStarted, facts).process.request_id == "AUTO-RPA-3"  # the third visit, and K is 3


def test_a_new_default_has_promises_of_its_own() -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    story.update(account(version=42))
    assert story.standing is not None
    assert story.standing.holds == 1
    story.update(account(version=43, defaulted_on=date(2026, 11, 1)))
    assert story.standing.holds == 0


def test_while_an_account_is_held_visits_start_nothing() -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    for number, reason in enumerate(COUNTED, start=2):
        story.visit(reason, number)
    assert of(RequestOpened, story.facts) == []
    facts = story.on(date(2026, 11, 13)).look("hold-end")
    assert only(ProcessStarted, facts).process.request_id == "AUTO-RPA-4"


def test_at_the_end_of_a_hold_too_few_visits_start_nothing() -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    facts = story.on(date(2026, 11, 13)).look("hold-end")
    assert of(RequestOpened, facts) == []
    assert story.timers == {}


def test_at_the_end_of_a_hold_before_day_d_the_account_is_looked_at_on_day_d() -> None:
    story = visited(*COUNTED[:2], on=DEFAULTED)
    promised(story, 3, "2026-07-01")
    story.on(date(2026, 7, 4)).look("hold-end")
    assert story.timers == {("days-in-default", ACCOUNT): DAY_D}


def test_a_promise_that_is_kept_leads_to_nothing_at_its_end() -> None:
    story = visited(*COUNTED[:2])
    promised(story, 3, "2026-11-10")
    story.pay(10_500)
    facts = story.on(date(2026, 11, 13)).look("hold-end")
    assert of(RequestAnswered, facts) == []
    assert not started(facts)


def test_the_timer_of_a_promise_that_a_later_one_replaced_ends_nothing() -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    promised(story, 2, "2026-11-20")
    assert story.on(date(2026, 11, 13)).look("hold-end") == ()
    assert story.timers == {("hold-end", ACCOUNT): date(2026, 11, 23)}


@pytest.mark.parametrize("reason", ["product-not-found", "refused-to-return"])
def test_lost_goods_and_a_refusal_lift_a_hold(reason: str) -> None:
    story = Story(account())
    promised(story, 1, "2026-11-10")
    facts = story.visit(reason, 2)
    assert started(facts)
    assert story.standing is not None
    assert story.standing.hold_until is None
    assert story.timers == {}


def test_while_a_process_is_held_only_its_referral_and_write_off_wait() -> None:
    story = Story(account())
    story.ask()
    promised(story, 1, "2026-11-10")
    (waiting,) = story.run(10)
    assert isinstance(waiting, EventDue)
    assert (waiting.sequence, waiting.due_on) == (10, date(2026, 11, 13))
    assert story.process is not None
    assert story.process.event(10).trigger_date == TODAY
    story.run(20)
    assert story.status()[20] == "complete"
    (waiting,) = story.run(30)
    assert isinstance(waiting, EventDue)
    assert (waiting.sequence, waiting.due_on) == (30, date(2026, 11, 13))


def test_after_a_hold_what_waited_runs() -> None:
    story = Story(account())
    story.ask()
    promised(story, 1, "2026-11-10")
    assert story.run_due() == [10]
    story.on(date(2026, 11, 13)).look("hold-end")
    assert story.run_due() == [10, 20, 30, 40, 50]
    assert story.process is not None
    assert story.process.end_reason == "completed"


def test_lifting_a_hold_lets_what_waited_run_at_once() -> None:
    story = Story(account())
    story.ask()
    promised(story, 1, "2026-11-10")
    story.run_due()
    facts = story.visit("refused-to-return", 2)
    assert only(EventDue, facts).due_on == TODAY
    assert story.run_due() == [10, 20, 30, 40, 50]


# --- accounts that are not known ----------


def late(**changes: Any) -> dict[str, Any]:
    document = example("inbound", "repossession-failed")
    document["data"] |= changes
    return document


def test_a_visit_to_an_account_that_never_comes_is_a_task() -> None:
    story = Story()
    decision = story.hear(late(), final=True)
    assert isinstance(decision, Apply)
    assert only(AttemptRecorded, decision.facts).attempt.attempt_id == "RPA-3301-1"
    assert only(TodoCreated, decision.facts).todo_type == "UNKNOWN-ACCOUNT"


def test_a_visit_that_names_a_version_that_never_comes_is_a_task_and_starts_nothing() -> None:
    story = Story(account())
    decision = story.hear(late(account_version=42), final=True)
    assert isinstance(decision, Apply)
    assert only(TodoCreated, decision.facts).todo_type == "UNKNOWN-ACCOUNT"
    assert not started(decision.facts)
