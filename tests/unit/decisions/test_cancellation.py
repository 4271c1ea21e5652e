"""Cancelling at once: a process, an event, an agreement (R1, R13, R26)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.decisions.cases import TODAY, Story, account, agreement, example, of, only, owing, policy
from writeoff.decision import Apply, Refuse
from writeoff.facts import AgreementsLeft, EventDue, ProcessEnded, ReferralChanged, RequestAnswered

#: A referral at once, the write-off after two months, a letter on the same day, a to-do a month later.
STEPS = [
    {"sequence": 10, "event_type": "REFER-TO-AGENCY", "days": 0},
    {"sequence": 20, "event_type": "LETTER", "days": 30},
    {"sequence": 30, "event_type": "WRITE-OFF", "days": 60},
    {"sequence": 40, "event_type": "TO-DO", "days": 90},
]


def begun(*balances: int) -> Story:
    """Return an account that owes these balances, whose debt was referred today."""
    story = Story(owing(*balances), policy({"templates/immediate/events": STEPS}))
    story.ask()
    story.run_due()
    assert story.status() == {10: "complete", 20: "pending", 30: "pending", 40: "pending"}
    return story


def cancel(story: Story, *, final: bool = False, **changes: Any) -> Apply | Refuse:
    document = example("inbound", "write-off-cancel-requested")
    document["data"] |= changes
    decision = story.hear(document, final=final)
    assert isinstance(decision, Apply | Refuse), decision
    return decision


def refusal(decision: Apply | Refuse) -> tuple[str | None, str]:
    """Return why a command was refused, as it was answered."""
    assert isinstance(decision, Refuse)
    answer = only(RequestAnswered, decision.facts)
    assert (answer.status, answer.refusal, answer.message) == ("refused", decision.reason, decision.message)
    return answer.refusal, decision.message


# --- the process ----------


def test_a_process_is_canceled_and_its_agency_recalled() -> None:
    story = begun(10_500)
    decision = cancel(story)

    assert story.status() == {10: "complete", 20: "canceled", 30: "canceled", 40: "canceled"}
    end = only(ProcessEnded, decision.facts)
    assert (end.end_reason, end.comments) == ("canceled", "customer found, payment plan agreed")
    (recall,) = story.sent("referral-cancelled")
    assert (recall["data"]["history_reason"], recall["data"]["amount"]) == ("cancellation", "0")
    assert recall["data"]["acknowledgement_wanted"] is True
    assert story.sent("referral-paid") == []
    assert [each.active for each in story.referrals.values()] == [False]
    assert story.standing is not None
    assert story.standing.balances == {"SA-1": 10_500}, "the debt stays what it is"


def test_a_cancellation_is_answered_with_the_process_that_it_ended() -> None:
    story = begun(10_500)
    cancel(story)
    answer = story.sent("request-answered")[-1]["data"]
    assert story.process is not None
    assert {
        key: answer[key] for key in ("request_id", "command", "status", "revision", "accepted", "refusal")
    } == {
        "request_id": "WC-2026-000031",
        "command": "write-off-cancel-requested",
        "status": "accepted",
        "revision": 1,
        "accepted": 1,
        "refusal": None,
    }
    assert answer["process_id"] == story.process.process_id
    (ended,) = story.sent("process-ended")
    assert ended["correlationid"] == example("inbound", "write-off-cancel-requested")["correlationid"]


def test_a_process_that_is_canceled_before_anything_ran_recalls_nothing() -> None:
    story = Story(account())
    story.ask()
    decision = cancel(story)
    assert only(ProcessEnded, decision.facts).end_reason == "canceled"
    assert set(story.status().values()) == {"canceled"}
    assert story.sent("referral-cancelled") == []


def test_a_canceled_account_may_be_asked_for_again() -> None:
    story = begun(10_500)
    cancel(story)
    story.ask(request_id="WR-2")
    assert story.process is not None
    assert (story.process.status, story.process.request_id) == ("active", "WR-2")


# --- the event ----------


def test_a_canceled_event_lets_its_successor_run_when_the_others_are_closed() -> None:
    story = begun(10_500)
    decision = cancel(story, scope="event", event_sequence=20)
    assert story.status() == {10: "complete", 20: "canceled", 30: "pending", 40: "pending"}
    (due,) = of(EventDue, decision.facts)
    assert (due.sequence, due.due_on) == (30, TODAY + timedelta(days=60))
    assert story.days_later(60).run_due() == [30]
    assert story.days_later(30).run_due() == [40]
    assert story.process is not None
    assert story.process.end_reason == "completed"


def test_an_event_that_waits_for_others_is_canceled_without_making_any_due() -> None:
    story = begun(10_500)
    decision = cancel(story, scope="event", event_sequence=30)
    assert of(EventDue, decision.facts) == []
    story.days_later(30).run_due()
    assert story.process is not None
    assert story.process.event(40).due_on == TODAY + timedelta(days=90)


def test_the_last_open_event_ends_the_process_as_completed_and_recalls_nothing() -> None:
    story = begun(10_500)
    for sequence in (20, 30):
        cancel(story, scope="event", event_sequence=sequence)
    decision = cancel(story, scope="event", event_sequence=40)
    assert only(ProcessEnded, decision.facts).end_reason == "completed"
    assert story.sent("referral-cancelled") == []


def test_a_process_of_which_every_event_was_canceled_ends_canceled() -> None:
    story = Story(account())
    story.ask()
    for sequence in (10, 20, 30, 40):
        assert of(ProcessEnded, cancel(story, scope="event", event_sequence=sequence).facts) == []
    assert only(ProcessEnded, cancel(story, scope="event", event_sequence=50).facts).end_reason == "canceled"


def test_a_failed_event_is_skipped_by_cancelling_it() -> None:
    uncovered = account(service_agreements=(agreement(balance=10_501),))
    story = Story(uncovered, policy({"templates/immediate/events": STEPS}))
    story.ask()
    story.days_later(60).run_due()
    assert story.status()[30] == "failed"
    decision = cancel(story, scope="event", event_sequence=30)
    assert only(EventDue, decision.facts).sequence == 40
    assert story.status()[30] == "canceled"


@pytest.mark.parametrize(("sequence", "known"), [(10, "it is complete"), (99, "there is no such event")])
def test_an_event_that_is_closed_or_unknown_is_not_cancelable(sequence: int, known: str) -> None:
    code, message = refusal(cancel(begun(10_500), scope="event", event_sequence=sequence))
    assert code == "not-cancelable"
    assert message.endswith(f"{known}.")


# --- the agreement ----------


def test_an_agreement_is_taken_out_and_the_agency_told_of_what_is_left() -> None:
    story = begun(10_500, 2_000)
    decision = cancel(story, scope="service-agreement", sa_id="SA-2")
    left = only(AgreementsLeft, decision.facts)
    assert [(each.sa_id, each.left) for each in left.agreements] == [("SA-1", False), ("SA-2", True)]
    change = only(ReferralChanged, decision.facts)
    assert (change.amount, change.previous) == (10_500, 12_500)
    (told,) = story.sent("referral-changed")
    assert (told["data"]["history_reason"], told["data"]["amount"]) == ("change", "10500")
    story.days_later(60).run_due()
    (written,) = story.sent("account-written-off")
    assert written["data"]["amount"] == "10500"
    assert written["data"]["account_state"] == "defaulted", "SA-2 still owes"


def test_the_last_agreement_taken_out_ends_the_process() -> None:
    story = begun(10_500, 2_000)
    cancel(story, scope="service-agreement", sa_id="SA-2")
    decision = cancel(story, scope="service-agreement", sa_id="SA-1")
    assert only(ProcessEnded, decision.facts).end_reason == "agreements-removed"
    (recall,) = story.sent("referral-cancelled")
    assert recall["data"]["history_sequence"] == 3
    assert {status for sequence, status in story.status().items() if sequence > 10} == {"canceled"}


@pytest.mark.parametrize("sa_id", ["SA-2", "SA-9"])
def test_an_agreement_that_left_or_is_none_of_the_process_is_not_cancelable(sa_id: str) -> None:
    story = begun(10_500, 2_000)
    cancel(story, scope="service-agreement", sa_id="SA-2")
    assert refusal(cancel(story, scope="service-agreement", sa_id=sa_id))[0] == "not-cancelable"


# --- too late, or nobody ----------


@pytest.mark.parametrize("change", [{"scope": "process"}, {"scope": "service-agreement", "sa_id": "SA-1"}])
def test_what_was_written_off_needs_a_reversal(change: dict[str, str]) -> None:
    story = begun(10_500)
    story.days_later(60).run_due()
    assert story.status() == {10: "complete", 20: "complete", 30: "complete", 40: "pending"}
    before = len(story.facts)
    assert refusal(cancel(story, **change))[0] == "use-reversal"
    assert len(story.facts) == before + 1, "the answer alone"


def test_after_the_write_off_a_pending_event_may_still_be_canceled() -> None:
    story = begun(10_500)
    story.days_later(60).run_due()
    decision = cancel(story, scope="event", event_sequence=40)
    assert only(ProcessEnded, decision.facts).end_reason == "completed"
    assert story.sent("referral-cancelled") == [], "no recall at the end `completed` (R13)"


def test_a_process_that_has_ended_is_no_active_one_and_a_completed_one_needs_a_reversal() -> None:
    story = Story(account())
    assert refusal(cancel(story))[0] == "no-active-process"
    story.ask()
    story.run_due()
    assert story.process is not None
    assert story.process.end_reason == "completed"
    assert refusal(cancel(story))[0] == "no-active-process"
    assert refusal(cancel(story, process_id=story.process.process_id))[0] == "use-reversal"
    assert refusal(cancel(story, process_id="some-other"))[0] == "no-active-process"


def test_a_canceled_process_cannot_be_canceled_again() -> None:
    story = begun(10_500)
    assert story.process is not None
    named = story.process.process_id
    cancel(story, process_id=named)
    code, message = refusal(cancel(story, process_id=named))
    assert code == "no-active-process"
    assert "has ended (canceled)" in message


def test_the_process_of_another_account_is_not_touched() -> None:
    story = begun(10_500)
    assert refusal(cancel(story, process_id="5d4a0f0e-0000-5000-8000-000000000000"))[0] == "no-active-process"
    assert story.process is not None
    assert story.process.status == "active"


@pytest.mark.parametrize(
    ("roles", "may"),
    [(["admin"], True), (["back_office_management"], True), (["call_centre"], False), ([], False)],
)
def test_cancelling_needs_a_role_as_a_personal_request_does(roles: list[str], *, may: bool) -> None:
    story = begun(10_500)
    decision = cancel(story, requested_by={"user_id": "u-1", "roles": roles})
    assert isinstance(decision, Apply) == may
    if not may:
        assert refusal(decision)[0] == "not-authorised"


def test_an_unknown_account_is_waited_for_and_then_has_no_process() -> None:
    story = Story()
    document = example("inbound", "write-off-cancel-requested")
    assert type(story.hear(document)).__name__ == "AwaitSnapshot"
    assert refusal(cancel(story, final=True))[0] == "no-active-process"
