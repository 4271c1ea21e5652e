"""Whether consumers took what they were sent (R27)."""

from datetime import date
from typing import Any

import pytest

from tests.unit.decisions.cases import Story, account, example, only
from writeoff.decision import Apply, Refuse
from writeoff.facts import AcknowledgementRecorded, Fact, TodoCreated


@pytest.fixture
def story() -> Story:
    """The contract's account, written off."""
    story = Story(account())
    story.ask()
    story.run_due()
    return story.on(date(2026, 11, 10))


def acknowledge(story: Story, message_id: str, number: int = 1, **changes: Any) -> Apply | Refuse:
    document = example("inbound", "message-acknowledged")
    document["id"] = f"acknowledgement-{number}"
    document["time"] = changes.pop("time", f"2026-11-10T07:00:0{number}Z")
    document["data"] |= {"message_id": message_id} | changes
    decision = story.hear(document)
    assert isinstance(decision, Apply | Refuse)
    return decision


def journal(story: Story) -> str:
    (message,) = story.sent("journal-posted")
    message_id: str = message["id"]
    return message_id


def facts(decision: Apply | Refuse) -> tuple[Fact, ...]:
    assert isinstance(decision, Apply)
    return decision.facts


def test_the_contract_s_acknowledgement_is_stored_with_the_consumer_s_reference(story: Story) -> None:
    document = example("inbound", "message-acknowledged")
    document["data"]["message_id"] = document["subject"] = journal(story)
    decision = story.hear(document)
    assert isinstance(decision, Apply)
    (recorded,) = decision.facts
    assert isinstance(recorded, AcknowledgementRecorded)
    assert (recorded.message_id, recorded.consumer, recorded.status) == (journal(story), "gl", "accepted")
    assert (recorded.reference, recorded.reason) == ("JV-2026-11-00412", None)
    assert recorded.acknowledged_at.isoformat() == "2026-11-10T07:00:00+00:00"


def test_a_rejected_message_is_a_task_and_nothing_is_sent_again(story: Story) -> None:
    before = len(story.messages())
    said = facts(acknowledge(story, journal(story), status="rejected", reason="account 6150 is closed"))
    assert only(AcknowledgementRecorded, said).status == "rejected"
    task = only(TodoCreated, said)
    assert task.todo_type == "MESSAGE-REJECTED"
    detail = f"gl rejected writeoff.journal-posted.v1 {journal(story)}: account 6150 is closed"
    assert task.message.startswith(detail)
    (told,) = story.messages()[before:]
    assert told["type"] == "writeoff.todo-created.v1"
    assert told["data"]["process_id"] == story.process.process_id if story.process else False
    assert (told["data"]["request_id"], told["data"]["account_id"]) == ("WR-2026-000871", "RW-100234")


def test_the_same_said_again_changes_nothing(story: Story) -> None:
    acknowledge(story, journal(story), status="rejected")
    assert facts(acknowledge(story, journal(story), 2, status="rejected")) == ()


def test_the_last_word_counts_and_a_second_rejection_is_a_second_task(story: Story) -> None:
    tasks = []
    for number, status in enumerate(("rejected", "accepted", "rejected"), start=1):
        said = facts(acknowledge(story, journal(story), number, status=status))
        assert only(AcknowledgementRecorded, said).status == status
        tasks += [fact.todo_id for fact in said if isinstance(fact, TodoCreated)]
    assert len(set(tasks)) == 2


def test_a_word_that_was_overtaken_changes_nothing(story: Story) -> None:
    acknowledge(story, journal(story), 5)
    assert facts(acknowledge(story, journal(story), 4, status="rejected")) == ()


def test_a_clock_that_is_ahead_does_not_outlast_what_is_said_later(story: Story) -> None:
    acknowledge(story, journal(story), status="rejected", time="2099-01-01T00:00:00Z")
    later = facts(acknowledge(story, journal(story), 2, time="2098-01-01T00:00:00Z"))
    assert only(AcknowledgementRecorded, later).status == "accepted"


def test_a_to_do_about_a_rejection_that_is_rejected_makes_no_other(story: Story) -> None:
    rejected = {"consumer": "to-do", "status": "rejected"}
    (first,) = story.sent("todo-created")
    only(TodoCreated, facts(acknowledge(story, first["id"], **rejected)))
    second = story.sent("todo-created")[-1]
    assert second["id"] != first["id"]
    (recorded,) = facts(acknowledge(story, second["id"], 2, **rejected))
    assert isinstance(recorded, AcknowledgementRecorded)


def test_without_a_time_an_acknowledgement_is_of_now(story: Story) -> None:
    recorded = only(AcknowledgementRecorded, facts(acknowledge(story, journal(story), time=None)))
    assert recorded.acknowledged_at == story.at


@pytest.mark.parametrize("message_id", ["5c0e9a4e-7a39-5a41-8f55-6b8fd1f0a001", "no id of ours"])
def test_what_was_never_sent_is_refused(story: Story, message_id: str) -> None:
    decision = acknowledge(story, message_id)
    assert isinstance(decision, Refuse)
    assert (decision.reason, decision.facts) == ("unknown-message", ())


def test_what_was_sent_to_another_is_refused(story: Story) -> None:
    decision = acknowledge(story, journal(story), consumer="letter")
    assert isinstance(decision, Refuse)
    assert (decision.reason, decision.facts) == ("wrong-consumer", ())


def test_an_id_in_capitals_is_the_same_id(story: Story) -> None:
    recorded = only(AcknowledgementRecorded, facts(acknowledge(story, journal(story).upper())))
    assert recorded.message_id == journal(story)
