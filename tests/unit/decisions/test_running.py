"""When events run, what follows them, and how much they are about (R9, R10)."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from handlers.running.settlement import released
from tests.unit.decisions.cases import TODAY, Story, account, agreement, of, only, owing, policy
from writeoff.facts import EventCompleted, EventDue, EventFailed, JournalPosted, ProcessEnded, TodoCreated
from writeoff.process import Event


def asked(known: Any = None, rules: Any = None, **changes: Any) -> Story:
    story = Story(known or account(), rules)
    story.ask(**changes)
    return story


def uncovered() -> Story:
    """Return a process whose write-off fails: its transactions cover less than the debt."""
    return asked(account(service_agreements=(agreement(balance=10_501),)))


# --- R9: when ----------


def test_an_event_runs_after_all_earlier_ones() -> None:
    story = asked()
    due = [only(EventDue, story.run(sequence)).sequence for sequence in (10, 20, 30, 40)]
    assert due == [20, 30, 40, 50]


def test_a_successor_is_due_on_its_trigger_date_and_not_before() -> None:
    story = Story(account())
    story.visit("product-not-found")
    assert story.run_due() == [10, 20, 30]
    assert story.process is not None
    assert story.process.event(40).due_on == TODAY + timedelta(days=60)
    assert story.days_later(59).run_due() == []
    assert story.days_later(1).run_due() == [40, 50]


def test_a_late_successor_keeps_its_trigger_date() -> None:
    story = asked()
    story.days_later(3)
    assert only(EventDue, story.run(10)).due_on == TODAY


def event(sequence: int, *after: int, status: str = "pending", due_on: date | None = None) -> Event:
    known: dict[str, Any] = {"status": status, "due_on": due_on}
    return Event(
        sequence=sequence, event_type="TO-DO", kind="send-to-do", trigger_date=TODAY, after=after, **known
    )


@pytest.mark.parametrize(
    ("status", "follows"), [("complete", [20]), ("canceled", [20]), ("pending", []), ("failed", [])]
)
def test_a_predecessor_lets_go_when_complete_or_canceled_and_blocks_when_failed(
    status: str, follows: list[int]
) -> None:
    events = (event(10, status=status, due_on=TODAY), event(20, 10))
    assert [each.sequence for each in released(events)] == follows


def test_an_event_waits_for_each_predecessor_it_names_and_for_no_other() -> None:
    events = (
        event(10, status="complete"),
        event(20),
        event(30, 10),
        event(40, 10, 20),
        event(50, due_on=TODAY),
    )
    # 20 has no predecessors and 50 has a date already; only the first of the two is missing one.
    assert [each.sequence for each in released(events)] == [20, 30]


def test_a_failed_event_makes_a_task_and_blocks_its_successors() -> None:
    story = uncovered()
    assert story.run_due() == [10, 20, 30]
    assert story.status() == {10: "complete", 20: "complete", 30: "failed", 40: "pending", 50: "pending"}
    failed = only(EventFailed, story.facts)
    todo = only(TodoCreated, story.facts)
    assert (failed.reason, todo.todo_type, todo.event_sequence) == ("distribution-short", "EVENT-FAILED", 30)
    assert "distribution-short" in todo.message
    assert of(JournalPosted, story.facts) == []
    assert story.process is not None
    assert story.process.status == "active"


def test_a_failed_event_that_is_retried_goes_on() -> None:
    story = uncovered()
    story.run_due()
    story.update(account(version=42))
    assert story.process is not None
    failed = msgspec.structs.replace(story.process.event(30), status="pending", due_on=TODAY)
    events = tuple(failed if each.sequence == 30 else each for each in story.process.events)
    story.process = msgspec.structs.replace(story.process, events=events)
    assert story.run_due() == [30, 40, 50]


def test_a_process_ends_when_its_last_event_is_done() -> None:
    story = asked()
    assert story.run_due() == [10, 20, 30, 40, 50]
    end = only(ProcessEnded, story.facts)
    assert (end.end_reason, end.ended_on) == ("completed", TODAY)
    assert {(each.status, each.completed_on) for each in end.events} == {("complete", TODAY)}


def test_a_process_without_write_off_ends_like_any_other() -> None:
    events = [{"sequence": 10, "event_type": "LETTER", "days": 0}]
    story = asked(rules=policy({"templates/immediate/events": events}))
    story.run_due()
    assert only(ProcessEnded, story.facts).end_reason == "completed"
    assert story.standing is not None
    assert story.standing.locked_by is None


def test_events_that_wait_for_nothing_run_side_by_side() -> None:
    events = [
        {"sequence": 10, "event_type": "WRITE-OFF", "days": 0},
        {"sequence": 20, "event_type": "TO-DO", "days": 0, "after": []},
        {"sequence": 30, "event_type": "LETTER", "days": 0, "after": [20]},
    ]
    story = asked(
        account(service_agreements=(agreement(balance=10_501),)),
        policy({"templates/immediate/events": events}),
    )
    assert story.run_due() == [10, 20, 30]
    assert story.status() == {10: "failed", 20: "complete", 30: "complete"}


# --- R10: how much ----------


def amounts(story: Story) -> dict[int, int]:
    return {fact.sequence: fact.amount for fact in of(EventCompleted, story.facts)}


def test_the_amount_is_the_debt_and_after_the_write_off_what_its_agreements_hold() -> None:
    story = asked()
    story.run_due()
    assert set(amounts(story).values()) == {10_500}


def test_the_amount_is_looked_at_when_the_event_runs() -> None:
    story = asked()
    story.run(10)
    story.pay(500)
    story.run(20)
    story.update(account(version=42, service_agreements=(agreement(balance=11_000),)))
    story.run(50)
    assert amounts(story) == {10: 10_500, 20: 10_000, 50: 10_500}  # 11,000 less the payment not booked
    assert story.process is not None
    assert story.process.amount == 10_500


def test_returned_goods_are_no_part_of_the_amount_after_the_write_off() -> None:
    story = asked(name="repossession")
    story.run_due()
    assert amounts(story) == {10: 10_500, 20: 10_500, 30: 10_500, 40: 6_500, 50: 6_500}


def test_debt_of_agreements_outside_the_process_does_not_count() -> None:
    story = asked(owing(5_000))
    assert story.account is not None
    more = (*story.account.service_agreements, agreement("SA-9", 9_000))
    story.update(msgspec.structs.replace(story.account, version=42, service_agreements=more))
    story.run(10)
    assert amounts(story) == {10: 5_000}
