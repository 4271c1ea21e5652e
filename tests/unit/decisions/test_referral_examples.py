"""The life of the contract's referral, told as the contract shows it, each message field by field (R26)."""

from datetime import date
from typing import Any

import pytest

from tests.unit.decisions.cases import Story, example
from tests.unit.decisions.test_contract_examples import PERSONAL, differences, heard
from writeoff.decision import Apply


def said_by_the_agency(story: Story, reply: str = "accepted") -> None:
    document = example("inbound", "referral-replied")
    (referral,) = story.referrals.values()
    document["data"] |= {"referral_id": referral.referral_id, "reply": reply}
    assert isinstance(story.hear(document), Apply)


def paid(story: Story, **changes: Any) -> None:
    document = example("inbound", "payment-received")
    if changes:
        document["id"] = document["correlationid"] = "5f0a2b9e-0000-4000-8000-000000000099"
        document["data"] |= changes
    assert isinstance(story.hear(document), Apply)


@pytest.fixture
def story() -> Story:
    """Written off on 3 November, taken on by the agency on the 10th, partly paid on the 20th."""
    story = heard(PERSONAL).on(date(2026, 11, 10))
    said_by_the_agency(story)
    paid(story.on(date(2026, 11, 20)))
    return story


def test_a_part_payment_after_the_write_off_changes_the_referral(story: Story) -> None:
    (changed,) = story.sent("referral-changed")
    assert differences(example("outbound", "referral-changed"), changed) == []


def test_the_rest_ends_it_as_paid(story: Story) -> None:
    later = story.on(date(2026, 12, 15))
    paid(later, payment_id="PAY-880299", amount="8500", received_at="2026-12-15T10:00:00Z")
    (message,) = later.sent("referral-paid")
    assert differences(example("outbound", "referral-paid"), message) == []
    assert not later.sent("referral-cancelled")


def test_a_reversal_recalls_it(story: Story) -> None:
    document = example("inbound", "write-off-reversal-requested")
    assert story.process is not None
    document["data"]["process_id"] = story.process.process_id
    assert isinstance(story.on(date(2026, 12, 1)).hear(document), Apply)
    (message,) = story.sent("referral-cancelled")
    assert differences(example("outbound", "referral-cancelled"), message) == []


def test_a_payment_that_had_ended_it_and_did_not_hold_is_a_task(story: Story) -> None:
    later = story.on(date(2026, 12, 15))
    paid(later, payment_id="PAY-880299", amount="8500", received_at="2026-12-15T10:00:00Z")
    before = len(story.messages())
    document = example("inbound", "payment-canceled")
    document["data"]["payment_id"] = "PAY-880299"
    assert isinstance(story.hear(document), Apply)
    told = [message for message in story.messages()[before:] if message["type"] == "writeoff.todo-created.v1"]
    assert [(each["data"]["todo_type"], each["data"]["amount"]) for each in told] == [
        ("AGENCY-MISSING", "8500")
    ]
    assert not [message for message in story.messages()[before:] if "referral" in message["type"]]


def test_a_payment_that_did_not_hold_is_owed_to_the_agency_again(story: Story) -> None:
    document = example("inbound", "payment-canceled")
    assert isinstance(story.hear(document), Apply)
    first, second = story.sent("referral-changed")
    assert (first["data"]["amount"], second["data"]["amount"]) == ("8500", "10500")
    assert [each["data"]["history_sequence"] for each in (first, second)] == [2, 3]
