"""Undoing a write-off: what is compensated, what stays, and who is answered what (R25)."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from handlers.intake import kinds
from handlers.kinds.intake_kind import AwaitSnapshot
from tests.unit.decisions.cases import Story, account, agreement, example, of, only, owing, prepared
from tests.unit.decisions.test_contract_examples import differences
from writeoff.accounting.posting import Periods
from writeoff.decision import Apply, Refuse
from writeoff.facts import (
    AccountRestored,
    DemeritEnded,
    EventCanceled,
    Fact,
    JournalPosted,
    LetterCorrected,
    ProcessEnded,
    ProcessReversed,
    ReferralClosed,
    RequestAnswered,
    StandingChanged,
    TodoClosed,
)

DECEMBER = date(2026, 12, 1)


def written_off(name: str = "personal", known: Any = None, **changes: Any) -> Story:
    """Return the story of an account that is written off at once."""
    story = Story(known or account())
    story.ask(name, **changes)
    story.run_due()
    assert story.standing is not None
    assert story.standing.locked_by is not None
    return story


def command(story: Story, request_id: str = "WV-2026-000007", **changes: Any) -> dict[str, Any]:
    document = example("inbound", "write-off-reversal-requested")
    assert story.process is not None
    document["data"] |= {"request_id": request_id, "process_id": story.process.process_id} | changes
    return document


def reversed_(story: Story, day: date = DECEMBER, **changes: Any) -> tuple[Fact, ...]:
    decision = story.on(day).hear(command(story, **changes))
    assert isinstance(decision, Apply), decision
    return decision.facts


def refused(story: Story, **changes: Any) -> tuple[str, str]:
    before = len(story.facts)
    decision = story.hear(command(story, **changes))
    assert isinstance(decision, Refuse), decision
    (answered,) = of(RequestAnswered, story.facts[before:])
    assert answered.refusal == decision.reason
    assert answered.message is not None
    return decision.reason, answered.message


@pytest.mark.parametrize(
    ("type_name", "names"),
    [
        ("demerit-ended", ["demerit-ended"]),
        ("todo-closed", ["todo-closed"]),
        ("letter-correction-requested", ["letter-correction-requested", None]),
    ],
)
def test_a_reversal_makes_the_messages_of_the_examples(type_name: str, names: list[str | None]) -> None:
    story = written_off()
    reversed_(story)
    found = story.sent(type_name)
    assert len(found) == len(names)
    for name, message in zip(names, found, strict=True):
        if name is not None:
            assert differences(example("outbound", name), message) == []


def test_without_recoveries_the_whole_write_off_moves_back() -> None:
    story = written_off()
    reversed_(story)
    (journal,) = [each for each in story.sent("journal-posted") if each["data"]["kind"] == "reversal"]
    (original,) = [each for each in story.sent("journal-posted") if each["data"]["kind"] == "write-off"]
    expected = example("outbound", "journal-posted.reversal")
    amounts = ["10500", "9500", "800", "200"]
    for line, amount in zip(expected["data"]["lines"], amounts, strict=True):
        line["amount"] = amount
        for source in line["sources"]:
            source["amount"] = amount
    expected["data"] |= {"total_debit": "10500", "total_credit": "10500"}
    assert differences(expected, journal) == []
    assert journal["data"]["reverses_journal_id"] == original["data"]["journal_id"]
    assert all(bucket.held == 0 for bucket in story.buckets)


def test_account_goods_and_balance_are_as_before() -> None:
    story = written_off()
    facts = reversed_(story)
    expected = example("outbound", "account-restored")
    expected["data"] |= {"recoveries_kept": "0"}
    expected["data"]["service_agreements"][0]["balance"] = "10500"
    assert differences(expected, story.sent("account-restored")[0]) == []
    standing = only(StandingChanged, facts).standing
    assert (standing.state, standing.locked_by, standing.written_off_agreements) == ("defaulted", None, ())
    assert standing.balances == {"SA-55001": 10_500}


def test_the_referral_is_recalled() -> None:
    story = written_off()
    reversed_(story)
    expected = example("outbound", "referral-cancelled")
    expected["data"]["history_sequence"] = 2  # without the recovery between them
    assert differences(expected, story.sent("referral-cancelled")[0]) == []


def test_a_process_that_has_ended_stays_as_it_ended() -> None:
    facts = reversed_(written_off())
    assert of(ProcessEnded, facts) == []
    assert of(EventCanceled, facts) == []


def test_an_active_process_ends_reversed_and_what_is_open_is_canceled() -> None:
    story = Story(account())
    story.ask("personal")
    for sequence in (10, 20, 30):
        story.run(sequence)
    facts = reversed_(story, story.today)
    assert [each.sequence for each in of(EventCanceled, facts)] == [40, 50]
    ended = only(ProcessEnded, facts)
    assert ended.end_reason == "reversed"
    assert [event.status for event in ended.events] == ["complete"] * 3 + ["canceled"] * 2
    assert of(LetterCorrected, facts) == []
    assert of(TodoClosed, facts) == []
    assert len(of(DemeritEnded, facts)) == len(of(ReferralClosed, facts)) == 1


def test_each_effect_has_an_id_of_its_own_that_is_the_same_made_again() -> None:
    ids = []
    for _ in range(2):
        story = written_off()
        before = len(story.messages())
        reversed_(story)
        ids.append([message["id"] for message in story.messages()[before:]])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])
    contacts = [
        message["data"]["contact_id"]
        for name in ("letter-requested", "letter-correction-requested")
        for message in story.sent(name)
    ]
    assert len(set(contacts)) == len(contacts) == 4


def test_a_second_reversal_is_answered_with_the_first_and_does_nothing() -> None:
    story = written_off()
    first = only(RequestAnswered, reversed_(story))
    facts = reversed_(story, date(2026, 12, 24), request_id="WV-2026-000008")
    (second,) = facts
    assert isinstance(second, RequestAnswered)
    assert (second.status, second.totals) == (first.status, first.totals) == ("accepted", (("RWF", 10_500),))
    assert second.request_id == "WV-2026-000008"


def test_only_an_admin_may_reverse() -> None:
    requester = {"user_id": "u-9", "roles": ["back_office_management"]}
    reason, message = refused(written_off(), requested_by=requester)
    assert reason == "not-authorised"
    assert "admin" in message


def test_a_process_that_nobody_knows_is_no_write_off() -> None:
    other = "00000000-0000-5000-8000-000000000000"
    reason, message = refused(written_off(), process_id=other)
    assert reason == "not-written-off"
    assert other in message


def test_before_anything_is_written_off_it_is_to_be_canceled_instead() -> None:
    story = Story(account())
    story.ask("personal")
    story.run(10)
    assert refused(story) == (
        "not-written-off",
        f"Process {story.process.process_id} has written nothing off. Cancel it instead.",  # type: ignore[union-attr]
    )
    assert story.process is not None
    assert story.process.status == "active"


def test_a_command_that_overtook_its_account_waits_for_it() -> None:
    document = example("inbound", "write-off-reversal-requested")
    assert isinstance(Story().hear(document), AwaitSnapshot)
    final = Story().hear(document, final=True)
    assert isinstance(final, Refuse)
    assert final.reason == "not-written-off"


def test_an_opt_out_is_restored_to_the_state_it_had() -> None:
    story = written_off("personal", account(state="normal", defaulted_on=None), disposition="opt_out")
    facts = reversed_(story)
    assert only(AccountRestored, facts).account_state == "normal"
    lines = only(JournalPosted, facts).journal.lines
    assert [(line.side, line.gl_account, line.amount) for line in lines] == [
        ("debit", "1200", 10_500),
        ("credit", "6160", 10_500),
    ]


def test_goods_that_came_back_are_the_customers_again() -> None:
    story = written_off("repossession")
    restored = only(AccountRestored, reversed_(story))
    assert restored.balances == (("SA-55001", 10_500),)
    (message,) = story.sent("account-restored")
    assert message["data"]["products"] == [
        {"sa_id": "SA-55001", "product_id": "PR-1", "restored": 1},
        {"sa_id": "SA-55001", "product_id": "PR-2", "restored": 4},
    ]


def test_write_downs_stay_since_they_were_no_event_of_the_process() -> None:
    """Closing 49 was decided by itself, before the process began; it is not undone with it (R7)."""
    story = written_off("personal", owing(10_000, 49))
    facts = reversed_(story)
    (journal,) = of(JournalPosted, facts)
    assert journal.journal.total == 10_000
    standing = only(StandingChanged, facts).standing
    assert standing.balances == {"SA-1": 10_000, "SA-2": 0}
    assert len(standing.write_downs) == 1


def test_a_to_do_about_money_stays_open() -> None:
    """What an event asked for is done with; a payment that somebody must look at is not."""
    story = written_off()
    facts = reversed_(story)
    closed = {fact.todo_id for fact in of(TodoClosed, facts)}
    of_events = {each["data"]["todo_id"] for each in story.sent("todo-created")}
    assert closed == of_events


def test_a_demerit_that_has_run_out_is_not_ended_again() -> None:
    assert of(DemeritEnded, reversed_(written_off(), date(2029, 1, 1))) == []


def test_the_account_may_be_written_off_again_as_a_new_process() -> None:
    story = written_off()
    reversed_(story)
    first = story.process
    story.ask("personal", request_id="WR-2")
    assert story.process is not None
    assert first is not None
    assert story.process.process_id != first.process_id
    story.run_due()
    assert story.process.status == "inactive"
    reversed_(story, request_id="WV-2")
    assert len(of(ProcessReversed, story.facts)) == 2
    ids = [message["id"] for message in story.messages()]
    assert len(set(ids)) == len(ids)


SENT_BEFORE = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("balance", [0, 10_500, 12_000])
def test_a_snapshot_sent_before_the_reversal_changes_nothing(balance: int) -> None:
    """Pulse had booked the write-off, or had not yet: either way it does not know that it is undone."""
    story = written_off()
    reversed_(story)
    after = story.standing
    old = agreement(balance=balance)
    story.update(account(version=50, as_of=SENT_BEFORE, state="inactive", service_agreements=(old,)))
    assert story.standing == after


def test_a_snapshot_sent_after_the_reversal_counts_again() -> None:
    story = written_off()
    reversed_(story)
    later = datetime(2026, 12, 2, tzinfo=UTC)
    story.update(account(version=50, as_of=later, service_agreements=(agreement(balance=9_000),)))
    assert story.standing is not None
    assert story.standing.balances == {"SA-55001": 9_000}
    assert story.standing.restored == ()


def test_a_payment_after_the_reversal_lessens_the_debt_again() -> None:
    story = written_off()
    reversed_(story)
    story.pay(500)
    assert story.standing is not None
    assert story.standing.balances == {"SA-55001": 10_000}
    old = agreement(balance=10_500)
    story.update(account(version=50, as_of=SENT_BEFORE, service_agreements=(old,)))
    assert story.standing.balances == {"SA-55001": 10_000}


def test_the_posting_date_skips_closed_periods() -> None:
    story = written_off()
    assert story.process is not None
    document = command(story)
    story.on(DECEMBER)
    case = story.about(story.process.process_id, story.case(story.cause()))
    case = msgspec.structs.replace(case, periods=Periods(first="2026-12", closed=frozenset({"2026-12"})))
    ready = prepared(document, story.policy)
    decision = kinds()[document["type"]].decide(ready.command, case, False)  # noqa: FBT003
    assert isinstance(decision, Apply)
    journal = only(JournalPosted, decision.facts).journal
    assert (journal.transaction_date, journal.posting_date) == (DECEMBER, date(2027, 1, 1))
    assert journal.moved_from_period == "2026-12"
