"""A failed event blocks until somebody retries it, or skips it (R9)."""

from typing import Any

import msgspec
import pytest

from handlers.operations import retry_event
from messages.inbound.operations.retry_event import RetryEvent
from tests.unit.decisions.cases import Story, account, of, only, policy
from writeoff.decision import Apply, Refuse
from writeoff.facts import EventFailed, EventResumed, Fact, TodoClosed, TodoCreated

GONE = {f"agencies/{code}/active": False for code in ("KIGALI-RECOVERY", "VOLCANO-CREDIT")}


def failed() -> Story:
    """Return a process that no agency takes: its first event has failed."""
    story = Story(account(), policy(GONE))
    story.ask()
    story.run(10)
    return story


def retry(story: Story, sequence: int = 10, **changes: Any) -> Apply | Refuse:
    assert story.process is not None
    process_id = story.process.process_id
    command = RetryEvent(
        account_id="RW-100234", process_id=process_id, event_sequence=sequence, reason="agency activated"
    )
    case = story.about(process_id, story.case())
    decision = retry_event.decide(msgspec.structs.replace(command, **changes), case, False)  # noqa: FBT003
    assert isinstance(decision, Apply | Refuse)
    if isinstance(decision, Apply):
        story.keep(decision.facts)
    return decision


def facts(decision: Apply | Refuse) -> tuple[Fact, ...]:
    assert isinstance(decision, Apply)
    return decision.facts


def test_what_is_retried_runs_when_its_cause_is_gone_and_its_task_closes() -> None:
    story = failed()
    task = only(TodoCreated, story.facts)
    resumed, closed = facts(retry(story))
    assert isinstance(resumed, EventResumed)
    assert (resumed.sequence, resumed.due_on, resumed.reason) == (10, story.today, "retried")
    assert isinstance(closed, TodoClosed)
    assert (closed.todo_id, closed.reason) == (task.todo_id, "retried")
    story.policy = policy()
    assert story.run_due()[0] == 10
    assert story.status()[10] == "complete"


def test_each_failure_is_a_task_of_its_own_and_each_retry_closes_the_last() -> None:
    story = failed()
    for _ in range(3):
        retry(story)
        story.run(10)
    tasks = [fact.todo_id for fact in of(TodoCreated, story.facts)]
    closed = [fact.todo_id for fact in of(TodoClosed, story.facts)]
    assert len(set(tasks)) == 4
    assert closed == tasks[:3]
    assert of(EventFailed, story.facts)[-1].reason == "no-agency"


@pytest.mark.parametrize(("sequence", "why"), [(20, "it is pending"), (99, "there is no such event")])
def test_what_has_not_failed_is_not_retried(sequence: int, why: str) -> None:
    decision = retry(failed(), sequence)
    assert isinstance(decision, Refuse)
    assert decision.reason == "not-failed"
    assert why in decision.message


def test_a_process_that_has_ended_is_not_retried() -> None:
    story = failed()
    story.pay(10_500)
    decision = retry(story)
    assert isinstance(decision, Refuse)
    assert decision.reason == "no-active-process"


def test_a_retried_write_off_waits_for_no_acknowledgement_and_the_task_closes() -> None:
    story = Story(account(), policy({"templates/residential/events/4/recall_wait_hours": 48}))
    story.visit("product-not-found")
    story.run_due()
    story.days_later(60).run_due()
    task = only(TodoCreated, story.days_later(2).look("recall"))
    said = facts(retry(story, 50))
    assert only(TodoClosed, said).todo_id == task.todo_id
    assert story.run_due() == [50]
    assert story.status()[50] == "complete"
