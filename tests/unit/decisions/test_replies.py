"""What agencies say of their referrals, and what waits for them (R26, R9)."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from handlers.planning.planner import plan_item
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody
from messages.malformed import Malformed
from tests.unit.decisions.cases import NINE, TODAY, Story, account, example, of, only, owing, policy
from writeoff.decision import Apply, Refuse
from writeoff.facts import (
    EventCompleted,
    EventFailed,
    EventResumed,
    EventSuspended,
    Fact,
    JournalPosted,
    ReferralChanged,
    ReferralClosed,
    ReferralPlaced,
    ReferralReplied,
    TimerCleared,
    TimerSet,
    TodoClosed,
    TodoCreated,
)
from writeoff.process import Referral

FIRST, SECOND = "KIGALI-RECOVERY", "VOLCANO-CREDIT"


def reply(
    story: Story, said: str, *, number: int = 1, referral_id: str | None = None, **changes: Any
) -> tuple[Fact, ...]:
    """Let the agency of the latest referral say something; return what followed."""
    latest = list(story.referrals.values())[-1]
    document = example("inbound", "referral-replied")
    document["id"] = f"reply-{number}"
    known = {"referral_id": referral_id or latest.referral_id, "agency": latest.agency, "reply": said}
    document["data"] |= known | changes
    document["source"] = f"/agency/{document['data']['agency']}"
    decision = story.hear(document)
    assert isinstance(decision, Apply | Refuse), decision
    return decision.facts


def referred(changes: dict[str, Any] | None = None, known: Any = None) -> Story:
    """Return the contract's account after everything of its process that runs on the first day."""
    story = Story(known or account(), policy(changes))
    story.visit("product-not-found")
    story.run_due()
    return story


def latest(story: Story) -> Referral:
    return list(story.referrals.values())[-1]


# --- notes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["accepted", "part-paid", "paid"])
def test_a_note_changes_neither_amount_nor_the_numbers_that_the_agency_sees(said: str) -> None:
    story = referred()
    before = latest(story)
    note = only(ReferralReplied, facts := reply(story, said, amount="500", reason="cash seen"))
    assert facts == (note,)
    assert (note.sequence, note.reply, note.amount, note.reason) == (1, said, 500, "cash seen")
    assert latest(story) == msgspec.structs.replace(before, replies=1)
    changed = only(ReferralChanged, story.pay(2_000))
    assert changed.history_sequence == 2


def test_the_contract_s_reply_is_noted_with_the_agency_s_reference() -> None:
    story = referred()
    document = example("inbound", "referral-replied")
    document["data"]["referral_id"] = document["subject"] = latest(story).referral_id
    decision = story.hear(document)
    assert isinstance(decision, Apply)
    (note,) = decision.facts
    assert isinstance(note, ReferralReplied)
    assert (note.agency, note.reply, note.agency_reference) == (FIRST, "accepted", "KR-2026-1177")
    assert (note.amount, note.reason, note.acknowledges_recall) == (None, None, False)
    cause = note.cause
    assert (cause.source, cause.causation_id) == (document["source"], document["id"])
    assert (cause.correlation_id, cause.account_id) == (document["correlationid"], "RW-100234")


def test_the_same_said_again_is_a_second_note() -> None:
    story = referred()
    notes = [only(ReferralReplied, reply(story, "accepted", number=number)) for number in (1, 2)]
    assert [note.sequence for note in notes] == [1, 2]


@pytest.mark.parametrize("said", ["accepted", "rejected", "part-paid", "paid", "uncollectible"])
def test_what_comes_after_the_end_of_a_referral_is_noted_and_nothing_more(said: str) -> None:
    story = referred()
    story.pay(10_500)
    assert latest(story).end == "paid"
    facts = reply(story, said)
    assert [type(fact) for fact in facts] == [ReferralReplied]


# --- given back -------------------------------------------------------------------------------------------


def test_a_rejected_debt_goes_to_the_next_agency_under_an_id_of_its_own() -> None:
    story = referred()
    first = latest(story)
    facts = reply(story, "rejected", reason="not our region")
    closed, placed = only(ReferralClosed, facts), only(ReferralPlaced, facts)
    assert (closed.referral_id, closed.end, closed.reason) == (
        first.referral_id,
        "rejected",
        "not our region",
    )
    assert (closed.history_sequence, closed.previous) == (2, 10_500)
    assert (placed.agency, placed.ordinal, placed.event_sequence) == (SECOND, 2, 10)
    assert placed.referral_id != first.referral_id
    assert placed.amount == sum(each.amount for each in placed.agreements) == 10_500
    assert [person.person_id for person in placed.debtors] == ["P-7781", "P-7782"]
    assert placed.cause.causation_id == "reply-1"
    assert story.agency_debt == {FIRST: 0, SECOND: 10_500}


def test_the_agency_that_gave_a_debt_back_is_told_nothing_and_the_next_one_all() -> None:
    story = referred()
    told = len(story.messages())
    reply(story, "rejected")
    (placed,) = story.messages()[told:]
    assert placed["type"] == "writeoff.referral-placed.v1"
    expected = example("outbound", "referral-placed")
    assert placed["data"].keys() == expected["data"].keys()
    assert (placed["data"]["agency"], placed["data"]["history_sequence"]) == (SECOND, 1)


def test_the_next_agency_gets_what_is_owed_by_then() -> None:
    story = referred()
    story.pay(2_500)
    assert only(ReferralPlaced, reply(story, "rejected")).amount == 8_000


def test_a_debt_that_every_agency_rejects_becomes_a_task() -> None:
    story = referred()
    reply(story, "rejected")
    facts = reply(story, "rejected", number=2)
    assert not of(ReferralPlaced, facts)
    task = only(TodoCreated, facts)
    assert (task.todo_type, task.amount) == ("AGENCY-MISSING", 10_500)
    assert "KIGALI-RECOVERY, VOLCANO-CREDIT rejected it" in task.message
    assert story.agency_debt == {FIRST: 0, SECOND: 0}


def test_the_next_agency_is_chosen_by_the_rule_of_the_event() -> None:
    agencies = {"agencies/ALPHA": {"name": "Alpha"}}
    weights = {"selection": "weights", "weights": {"ALPHA": 1, SECOND: 100}}
    story = referred(agencies | {"event_types/REFER-TO-AGENCY/parameters": weights})
    assert latest(story).agency == SECOND
    assert only(ReferralPlaced, reply(story, "rejected")).agency == "ALPHA"


def test_a_rejected_debt_that_is_written_off_is_still_enforced_by_the_next_agency() -> None:
    story = Story(account())
    story.ask()
    story.run_due()
    assert story.process is not None
    assert story.process.status == "inactive"
    placed = only(ReferralPlaced, reply(story, "rejected"))
    assert (placed.agency, placed.amount) == (SECOND, 10_500)
    assert [each.amount for each in placed.agreements] == [10_500]


def test_no_further_agency_is_sent_to_a_customer_who_has_promised_to_pay() -> None:
    story = referred()
    story.visit("promised-to-pay", 2, promised_to_pay_on="2026-11-10")
    facts = reply(story, "rejected")
    assert not of(ReferralPlaced, facts)
    assert not of(TodoCreated, facts)
    timer = only(TimerSet, facts)
    assert (timer.kind, timer.due_on) == ("next-agency", date(2026, 11, 13))

    story.on(date(2026, 11, 12)).visit("promised-to-pay", 3, promised_to_pay_on="2026-11-17")
    again = only(TimerSet, story.on(date(2026, 11, 13)).look("next-agency"))
    assert (again.subject, again.due_on) == (timer.subject, date(2026, 11, 20))
    story.on(date(2026, 11, 20)).look("hold-end")
    cleared, placed = story.look("next-agency")
    assert isinstance(cleared, TimerCleared)
    assert isinstance(placed, ReferralPlaced)
    assert (placed.agency, placed.ordinal, placed.amount) == (SECOND, 2, 10_500)


def test_what_is_paid_while_it_waits_for_its_next_agency_goes_to_none() -> None:
    story = referred()
    story.visit("promised-to-pay", 2, promised_to_pay_on="2026-11-10")
    reply(story, "rejected")
    story.on(date(2026, 11, 9)).pay(10_500)
    story.on(date(2026, 11, 13))
    assert [type(fact) for fact in story.look("next-agency")] == [TimerCleared]


def test_nothing_owed_is_given_to_no_further_agency() -> None:
    story = referred()
    story.referrals = {key: msgspec.structs.replace(r, amount=0) for key, r in story.referrals.items()}
    assert story.standing is not None
    story.standing = msgspec.structs.replace(story.standing, balances={"SA-55001": 0})
    facts = reply(story, "rejected")
    assert [type(fact) for fact in facts] == [ReferralReplied, ReferralClosed]


def test_an_uncollectible_debt_is_closed_and_becomes_a_task() -> None:
    story = referred()
    facts = reply(story, "uncollectible")
    assert [type(fact) for fact in facts] == [ReferralReplied, ReferralClosed, TodoCreated]
    closed, task = only(ReferralClosed, facts), only(TodoCreated, facts)
    assert (closed.end, closed.previous) == ("uncollectible", 10_500)
    assert (task.todo_type, task.amount, task.event_sequence) == ("UNCOLLECTIBLE", 10_500, 10)
    assert [type(fact) for fact in reply(story, "uncollectible", number=2)] == [ReferralReplied]


# --- what is not believed ---------------------------------------------------------------------------------


def test_a_reply_to_a_referral_that_is_not_known_is_refused_with_a_task() -> None:
    story = referred()
    document = example("inbound", "referral-replied")
    decision = story.hear(document)
    assert isinstance(decision, Refuse)
    assert decision.reason == "unknown-referral"
    task = only(TodoCreated, decision.facts)
    assert task.todo_type == "AGENCY-REPLY"
    assert document["data"]["referral_id"] in task.message


def test_a_reply_of_another_agency_is_refused_with_a_task() -> None:
    story = referred()
    before = latest(story)
    document = example("inbound", "referral-replied")
    document["data"] |= {"referral_id": before.referral_id, "agency": SECOND, "reply": "rejected"}
    document["source"] = f"/agency/{SECOND}"
    decision = story.hear(document)
    assert isinstance(decision, Refuse)
    assert decision.reason == "not-its-referral"
    only(TodoCreated, decision.facts)
    assert latest(story) == before


@pytest.mark.parametrize("source", ["/agency/VOLCANO-CREDIT", "/agency", "/pulse/rw", "KIGALI-RECOVERY"])
def test_an_agency_speaks_for_itself_alone(source: str) -> None:
    document = example("inbound", "referral-replied") | {"source": source}
    with pytest.raises(Malformed) as malformed:
        Story(account()).hear(document)
    assert (malformed.value.path, malformed.value.reason) == ("source", "malformed-field")


def test_an_amount_with_more_digits_than_the_currency_is_malformed() -> None:
    with pytest.raises(Malformed) as malformed:
        reply(referred(), "paid", amount="10.5")
    assert malformed.value.path == "data.amount"


# --- recalls ----------------------------------------------------------------------------------------------

WAITS = {"templates/residential/events/4/recall_wait_hours": 48}
DAY_60 = TODAY + timedelta(days=60)


def waiting() -> Story:
    """Return a process whose write-off waits for the agency to acknowledge the recall of the same day."""
    story = referred(WAITS).on(DAY_60)
    assert story.run_due() == [40, 50]
    return story


def test_without_the_policy_s_word_a_write_off_waits_for_no_agency() -> None:
    story = referred().on(DAY_60)
    story.run_due()
    assert story.status()[50] == "complete"


def test_a_write_off_waits_for_the_recall_to_be_acknowledged_and_then_runs() -> None:
    story = waiting()
    suspended = only(EventSuspended, story.facts)
    assert (suspended.sequence, story.status()[50], story.next_due()) == (50, "pending", None)
    timer = only(TimerSet, story.facts)
    assert (timer.kind, timer.due_at) == (
        "recall",
        datetime.combine(DAY_60, NINE.timetz()) + timedelta(hours=48),
    )
    assert not of(JournalPosted, story.facts)

    facts = reply(story, "recall-acknowledged")
    assert only(ReferralReplied, facts).acknowledges_recall
    assert only(EventResumed, facts).sequence == 50
    assert only(TimerCleared, facts).subject == timer.subject
    assert story.run_due() == [50]
    assert story.status()[50] == "complete"
    assert latest(story).recall_acknowledged


def test_an_acknowledgement_before_the_write_off_s_day_is_remembered() -> None:
    story = referred(WAITS | {"templates/residential/events/3/days": 30}).days_later(30)
    assert story.run_due() == [40]
    reply(story, "recall-acknowledged")
    assert story.on(DAY_60).run_due() == [50]
    assert story.status()[50] == "complete"
    assert not of(EventSuspended, story.facts)


@pytest.mark.parametrize("said", ["accepted", "paid", "part-paid", "rejected", "uncollectible"])
def test_no_other_reply_ends_the_wait(said: str) -> None:
    story = waiting()
    assert [type(fact) for fact in reply(story, said)] == [ReferralReplied]
    assert story.next_due() is None


def test_a_recall_of_a_referral_that_does_not_exist_holds_nothing_up() -> None:
    story = referred(WAITS)
    reply(story, "uncollectible")
    assert story.on(DAY_60).run_due() == [40, 50]
    assert story.status()[50] == "complete"


def test_in_vain_the_write_off_fails_with_a_task_and_a_late_acknowledgement_lets_it_run() -> None:
    story = waiting().days_later(2)
    facts = story.look("recall")
    failed, task = only(EventFailed, facts), only(TodoCreated, facts)
    assert (failed.sequence, failed.reason) == (50, "recall-not-acknowledged")
    assert (task.todo_type, task.amount, task.event_sequence) == ("RECALL-MISSING", 10_500, 50)
    assert FIRST in task.message
    assert not [key for key in story.timers if key[0] == "recall"]
    assert story.status()[50] == "failed"

    closed = only(TodoClosed, reply(story, "recall-acknowledged"))
    assert (closed.todo_id, closed.reason) == (task.todo_id, "recall acknowledged")
    assert story.run_due() == [50]
    assert story.status()[50] == "complete"


def test_whoever_retries_the_write_off_does_not_make_it_wait_again() -> None:
    story = waiting().days_later(2)
    story.look("recall")
    event = story.event_case(50).event
    again = EventResumed(
        cause=story.cause(),
        sequence=50,
        kind=event.kind,
        due_on=event.trigger_date,
        attempts=1,
        reason="retried",
    )
    story.keep([again])
    assert story.run_due() == [50]
    assert of(EventCompleted, story.facts)[-1].sequence == 50


def test_the_timer_of_a_wait_that_is_over_does_nothing() -> None:
    story = waiting()
    (subject,) = (subject for kind, subject in story.timers if kind == "recall")
    reply(story, "recall-acknowledged")
    story.timers["recall", subject] = None
    assert [type(fact) for fact in story.look("recall")] == [TimerCleared]
    assert story.run_due() == [50]


def test_what_is_paid_while_it_waits_ends_the_process() -> None:
    story = waiting()
    story.pay(10_500)
    assert story.process is not None
    assert (story.process.end_reason, story.status()[50]) == ("paid", "canceled")
    assert [type(fact) for fact in reply(story, "recall-acknowledged")] == [ReferralReplied]
    story.timers["recall", f"{story.process.process_id}\x1f50"] = None


def test_a_recall_is_acknowledged_once() -> None:
    story = waiting()
    reply(story, "recall-acknowledged")
    again = only(ReferralReplied, facts := reply(story, "recall-acknowledged", number=2))
    assert facts == (again,)
    assert not again.acknowledges_recall


def test_a_recall_that_was_not_made_is_a_task_and_acknowledges_nothing() -> None:
    story = referred(WAITS)
    note, task = reply(story, "recall-acknowledged")
    assert isinstance(note, ReferralReplied)
    assert not note.acknowledges_recall
    assert isinstance(task, TodoCreated)
    assert task.todo_type == "AGENCY-REPLY"
    story.on(DAY_60).run_due()
    assert story.status()[50] == "pending"


def test_a_wait_ends_with_the_last_of_several_acknowledgements() -> None:
    """Two referrals are recalled: after a rejected one, a person has had the debt referred again."""
    story = referred(WAITS, owing(6_000, 4_500))
    first = latest(story)
    other = msgspec.structs.replace(first, referral_id="8f1d0a52-1c8b-5d8e-9a6e-2f4f4c3b2a11", ordinal=2)
    story.referrals[other.referral_id] = other
    story.on(DAY_60).run_due()
    assert not of(EventResumed, reply(story, "recall-acknowledged", referral_id=first.referral_id))
    assert only(EventResumed, reply(story, "recall-acknowledged", number=2)).sequence == 50


def test_a_plan_supposes_that_agencies_stop() -> None:
    story = Story(account(), policy(WAITS | {"template_rules/4/template": "residential"}))
    order = Order(
        request_id="WR-1",
        kind="personal",
        origin="request",
        disposition="write_off",
        reason="unrecoverable",
        comments=None,
        account_id="RW-100234",
    )
    case = msgspec.structs.replace(story.case(), persons=story.persons)
    plan = plan_item(order, None, ItemBody(), case)
    assert [(each.sequence, each.outcome) for each in plan.events] == [
        (sequence, "complete") for sequence in (10, 20, 30, 40, 50)
    ]
    assert of(JournalPosted, plan.events[-1].facts)


def test_dates_are_those_of_the_template() -> None:
    story = waiting().days_later(1)
    assert only(EventResumed, reply(story, "recall-acknowledged")).due_on == DAY_60 == date(2027, 1, 2)
