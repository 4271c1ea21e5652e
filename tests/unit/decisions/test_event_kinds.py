"""What each kind of event does (R11)."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from handlers.event_types.affect_credit_rating import months_after
from handlers.running.settlement import run
from tests.unit.decisions.cases import (
    NINE,
    TODAY,
    Story,
    account,
    agreement,
    billed,
    contract_persons,
    of,
    only,
    owing,
    policy,
)
from writeoff.account import Person
from writeoff.facts import (
    ContactRecorded,
    DemeritRecorded,
    EventCompleted,
    EventFailed,
    Fact,
    JournalPosted,
    ReferralClosed,
    ReferralPlaced,
    TodoCreated,
)


def event(
    event_type: str, known: Any = None, changes: dict[str, Any] | None = None, **parameters: Any
) -> Story:
    """Return a process with an event 10 of that type, its parameters changed, and a to-do after it."""
    steps = [
        {"sequence": 10, "event_type": event_type, "days": 0},
        {"sequence": 99, "event_type": "TO-DO", "days": 30},
    ]
    rules: dict[str, Any] = {"templates/immediate/events": steps} | (changes or {})
    rules |= {f"event_types/{event_type}/parameters/{key}": value for key, value in parameters.items()}
    story = Story(known or account(), policy(rules))
    story.ask()
    return story


def effects(facts: tuple[Fact, ...]) -> list[Fact]:
    """Return the facts of the event itself, without its completion and its successor."""
    return list(facts[: [type(fact) for fact in facts].index(EventCompleted)])


# --- affect-credit-rating ----------


def test_a_demerit_lasts_for_its_months_from_the_day_it_runs() -> None:
    story = event("DEMERIT").days_later(4)
    demerit = only(DemeritRecorded, story.run(10))
    assert (demerit.credit_rating_points, demerit.cash_only_points) == (-100, 50)
    assert (demerit.effective_from, demerit.effective_to) == (date(2026, 11, 7), date(2028, 11, 7))


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (date(2026, 11, 3), 24, date(2028, 11, 3)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 15), 11, date(2026, 12, 15)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(day: date, months: int, end: date) -> None:
    assert months_after(day, months) == end


# --- refer-to-agency ----------

AGENCIES = {
    "agencies/ALPHA": {"name": "Alpha"},
    "agencies/OMEGA": {"name": "Omega", "active": False},
}


@pytest.mark.parametrize(
    ("debt", "agency"),
    [
        ({}, "ALPHA"),
        ({"ALPHA": 1}, "KIGALI-RECOVERY"),
        ({"ALPHA": 10, "KIGALI-RECOVERY": 9, "VOLCANO-CREDIT": 9}, "KIGALI-RECOVERY"),
        ({"ALPHA": 10, "KIGALI-RECOVERY": 9, "VOLCANO-CREDIT": 8}, "VOLCANO-CREDIT"),
        ({"ALPHA": 5, "KIGALI-RECOVERY": 5, "VOLCANO-CREDIT": 5, "OMEGA": 0}, "ALPHA"),
    ],
)
def test_debt_goes_to_the_active_agency_with_the_least_and_of_equals_to_the_first_by_code(
    debt: dict[str, int], agency: str
) -> None:
    story = event("REFER-TO-AGENCY", changes=AGENCIES)
    story.agency_debt = debt
    placed = only(ReferralPlaced, story.run(10))
    assert (placed.agency, placed.amount) == (agency, 10_500)


def test_an_agency_that_has_left_since_the_process_began_gets_nothing() -> None:
    story = event("REFER-TO-AGENCY", changes=AGENCIES)
    now = policy(AGENCIES | {"agencies/ALPHA": {"name": "Alpha", "active": False}})
    case = msgspec.structs.replace(story.event_case(10), current=now)
    assert only(ReferralPlaced, run(case)).agency == "KIGALI-RECOVERY"


def test_the_debtors_are_all_financially_responsible_persons() -> None:
    story = event("REFER-TO-AGENCY")
    third = msgspec.structs.replace(contract_persons()[0], person_id="P-3", financially_responsible=False)
    story.persons = (*story.persons, third)
    placed = only(ReferralPlaced, story.run(10))
    assert [person.person_id for person in placed.debtors] == ["P-7781", "P-7782"]


def test_without_an_active_agency_the_event_fails_with_one_task_and_no_referral() -> None:
    gone = {f"agencies/{code}/active": False for code in ("KIGALI-RECOVERY", "VOLCANO-CREDIT")}
    story = event("REFER-TO-AGENCY", changes=gone)
    failed, todo = story.run(10)
    assert isinstance(failed, EventFailed)
    assert failed.reason == "no-agency"
    assert failed.detail == "no active agency takes a debt of RWF 10,500 by the rule"
    assert isinstance(todo, TodoCreated)
    assert (todo.todo_type, todo.amount) == ("AGENCY-MISSING", 10_500)
    assert story.status() == {10: "failed", 99: "pending"}


WEIGHTS = {"KIGALI-RECOVERY": 3, "VOLCANO-CREDIT": 1}


@pytest.mark.parametrize(
    ("debt", "agency"),
    [
        ({}, "KIGALI-RECOVERY"),  # 10,500 / 3 against 10,500
        ({"KIGALI-RECOVERY": 20_999}, "KIGALI-RECOVERY"),
        ({"KIGALI-RECOVERY": 21_000}, "KIGALI-RECOVERY"),  # equal: 31,500 / 3 and 10,500
        ({"KIGALI-RECOVERY": 21_001}, "VOLCANO-CREDIT"),
        ({"KIGALI-RECOVERY": 60_000, "VOLCANO-CREDIT": 20_000}, "KIGALI-RECOVERY"),
    ],
)
def test_by_weights_debt_goes_to_the_agency_that_would_have_the_least_for_its_weight(
    debt: dict[str, int], agency: str
) -> None:
    story = event("REFER-TO-AGENCY", changes=AGENCIES, selection="weights", weights=WEIGHTS)
    story.agency_debt = debt
    assert only(ReferralPlaced, story.run(10)).agency == agency


@pytest.mark.parametrize(
    ("owed", "agency"), [(4_999, "ALPHA"), (5_000, "KIGALI-RECOVERY"), (20_000, "VOLCANO-CREDIT")]
)
def test_by_bands_debt_goes_to_the_agencies_of_the_first_band_that_it_is_below(
    owed: int, agency: str
) -> None:
    bands = [
        {"amount_below": "5000", "agencies": {"ALPHA": 1}},
        {"amount_below": "20000", "agencies": {"KIGALI-RECOVERY": 1, "OMEGA": 1000}},
        {"agencies": {"VOLCANO-CREDIT": 1}},
    ]
    story = event("REFER-TO-AGENCY", owing(owed), AGENCIES, selection="bands", bands=bands)
    assert only(ReferralPlaced, story.run(10)).agency == agency


def test_a_band_whose_agencies_have_all_left_finds_none() -> None:
    bands = [{"agencies": {"OMEGA": 1}}]
    story = event("REFER-TO-AGENCY", changes=AGENCIES, selection="bands", bands=bands)
    assert only(EventFailed, story.run(10)).reason == "no-agency"


def test_a_process_has_one_active_referral() -> None:
    story = event("REFER-TO-AGENCY")
    story.run(10)
    assert effects(story.run(10)) == []


def test_an_agreement_that_has_left_is_not_referred_nor_are_its_goods() -> None:
    story = event("REFER-TO-AGENCY", owing(3_000, 2_000))
    story.pay(3_000, allocations=[{"sa_id": "SA-1", "amount": "3000"}])
    placed = only(ReferralPlaced, story.run(10))
    assert [(each.sa_id, each.amount) for each in placed.agreements] == [("SA-2", 2_000)]
    assert [sa_id for sa_id, _ in placed.products] == ["SA-2"]
    assert placed.amount == 2_000


# --- cancel-agency-referral ----------


def test_every_active_referral_is_recalled() -> None:
    story = event("CANCEL-REFERRAL")
    story._referral("R-1", "KIGALI-RECOVERY", 10_500, 2)
    story._referral("R-2", "VOLCANO-CREDIT", 7, 1)
    story._referral("R-3", "VOLCANO-CREDIT", 0, 4, active=False)
    closed = of(ReferralClosed, story.run(10))
    assert [(each.referral_id, each.end, each.history_sequence, each.previous) for each in closed] == [
        ("R-1", "cancellation", 3, 10_500),
        ("R-2", "cancellation", 2, 7),
    ]


def test_with_nothing_to_recall_the_event_is_complete() -> None:
    story = event("CANCEL-REFERRAL")
    assert effects(story.run(10)) == []
    assert story.status()[10] == "complete"


# --- send-letter ----------


def test_every_responsible_person_is_written_to_and_all_who_receive_notifications_get_it() -> None:
    story = event("LETTER")
    facts = story.run(10)
    contacts = of(ContactRecorded, facts)
    assert [contact.person.person_id for contact in contacts] == ["P-7781", "P-7782"]
    assert [[each.person_id for each in contact.recipients] for contact in contacts] == [["P-7781"]] * 2
    assert len({contact.contact_id for contact in contacts}) == 2
    assert of(TodoCreated, facts) == []
    assert len(story.sent("letter-requested")) == 2


def persons(**changes: Any) -> tuple[Person, ...]:
    return tuple(msgspec.structs.replace(person, **changes) for person in contract_persons())


def test_with_nobody_to_receive_it_the_contact_is_recorded_without_letter_and_with_a_task() -> None:
    story = event("LETTER")
    story.persons = persons(receives_notifications=False)
    facts = story.run(10)
    assert len(of(ContactRecorded, facts)) == 2
    assert story.sent("letter-requested") == []
    todo = only(TodoCreated, facts)
    assert (todo.todo_type, todo.amount) == ("CUSTOMER-DATA", 10_500)


def test_with_nobody_responsible_somebody_is_told() -> None:
    story = event("LETTER")
    story.persons = persons(financially_responsible=False)
    facts = story.run(10)
    assert of(ContactRecorded, facts) == []
    assert only(TodoCreated, facts).todo_type == "CUSTOMER-DATA"


def test_a_recipient_need_not_be_responsible() -> None:
    story = event("LETTER")
    mother, brother = persons(receives_notifications=True)
    story.persons = (msgspec.structs.replace(mother, financially_responsible=False), brother)
    contact = only(ContactRecorded, story.run(10))
    assert contact.person.person_id == "P-7782"
    assert [each.person_id for each in contact.recipients] == ["P-7781", "P-7782"]


def test_a_letter_names_the_agency_while_a_referral_is_active() -> None:
    story = event("LETTER")
    assert {contact.agency for contact in of(ContactRecorded, story.run(10))} == {None}
    story = event("LETTER")
    story._referral("R-1", "KIGALI-RECOVERY", 10_500, 1)
    assert {contact.agency for contact in of(ContactRecorded, story.run(10))} == {"KIGALI-RECOVERY"}


def test_the_contact_type_sets_the_letter() -> None:
    contact = of(ContactRecorded, event("LETTER", contact_type="CONTRACT-ENDED").run(10))[0]
    assert (contact.contact_type, contact.letter_template) == ("CONTRACT-ENDED", "contract-ended")


# --- send-to-do ----------


def test_a_to_do_has_the_role_and_priority_of_its_type_unless_the_event_type_says_otherwise() -> None:
    todo = only(TodoCreated, event("TO-DO").run(10))
    assert (todo.todo_type, todo.role, todo.priority) == ("WRITE-OFF-REVIEW", "portfolio-manager", 30)
    todo = only(TodoCreated, event("TO-DO", role="legal", priority=0).run(10))
    assert (todo.role, todo.priority) == ("legal", 0)


@pytest.mark.parametrize(
    ("threshold", "made"), [("10499", True), ("10500", True), ("10501", False), ("0", True)]
)
@pytest.mark.parametrize("event_type", ["TO-DO", "DEBT-CHECK"])
def test_a_debt_threshold_is_reached_at_or_above_it(event_type: str, threshold: str, *, made: bool) -> None:
    if event_type == "DEBT-CHECK":
        inner = {"threshold": threshold, "todo_type": "AGENCY-FOLLOW-UP"}
        story = event("DEBT-CHECK", parameters=inner)
    else:
        story = event("TO-DO", threshold=threshold)
    facts = story.run(10)
    assert bool(of(TodoCreated, facts)) == made
    assert story.status()[10] == "complete"


def test_a_threshold_looks_at_what_is_held_after_the_write_off() -> None:
    story = event("WRITE-OFF")
    story.run(10)
    todo = only(TodoCreated, story.days_later(30).run(99))
    assert todo.amount == 10_500
    assert todo.message == "RWF 10,500 written off by distribution code; no referral is active."


# --- generic ----------


def generic(algorithm: str, known: Any = None, **parameters: Any) -> Story:
    return event("DEBT-CHECK", known, algorithm=algorithm, parameters=parameters)


def test_a_final_demand_is_written_to_the_main_customer_alone_while_something_is_owed() -> None:
    story = generic("demand-final-payment", contact_type="WRITE-OFF-NOTICE")
    assert only(ContactRecorded, story.run(10)).person.person_id == "P-7781"


def test_debt_that_an_agency_still_collects_after_the_write_off_is_noted() -> None:
    story = generic("note-still-enforced", todo_type="AGENCY-FOLLOW-UP")
    assert effects(story.run(10)) == []
    story._referral("R-1", "KIGALI-RECOVERY", 10_500, 1)
    story.buckets = only(JournalPosted, event("WRITE-OFF").run(10)).buckets
    assert only(TodoCreated, story.run(10)).amount == 10_500


@pytest.mark.parametrize(("days", "made"), [(142, True), (143, False)])
def test_the_algorithm_to_copy_looks_at_the_days_in_default(days: int, *, made: bool) -> None:
    story = generic("example-copy-me", days=days, todo_type="AGENCY-FOLLOW-UP")
    assert bool(of(TodoCreated, story.run(10))) == made


# --- the two write-offs ----------


def test_by_distribution_code_the_order_is_a_parameter() -> None:
    first = {
        order: only(JournalPosted, event("WRITE-OFF", order=order).run(10)).journal.lines[-1].sources[0].ft_id
        for order in ("lifo", "fifo", "proportional")
    }
    assert first == {"lifo": "FT-9002", "fifo": "FT-9001", "proportional": "FT-9002"}


def test_by_sa_type_no_transaction_is_needed() -> None:
    story = event("OPT-OUT-WRITE-OFF", account(service_agreements=(agreement(balance=12_000),)))
    journal = only(JournalPosted, story.run(10)).journal
    assert [(line.side, line.gl_account, line.amount) for line in journal.lines] == [
        ("debit", "6160", 12_000),
        ("credit", "1200", 12_000),
    ]
    assert journal.kind == "write-off"


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (account(service_agreements=(agreement(balance=10_501),)), "distribution-short"),
        (account(service_agreements=(billed("SA-1", 500), agreement(balance=10_501))), "distribution-short"),
    ],
)
def test_a_write_off_that_cannot_be_posted_fails_and_changes_nothing(known: Any, reason: str) -> None:
    story = event("WRITE-OFF", known)
    before = story.standing
    facts = story.run(10)
    assert only(EventFailed, facts).reason == reason
    assert only(TodoCreated, facts).todo_type == "EVENT-FAILED"
    assert len(facts) == 2
    assert story.standing == before


def test_a_journal_says_what_it_was_decided_on() -> None:
    journal = only(JournalPosted, event("WRITE-OFF").run(10)).journal
    basis = msgspec.json.decode(journal.basis)
    assert basis["account_version"] == 41
    assert basis["policy"] == journal.policy_digest
    assert [debt["balance"] for debt in basis["debts"]] == [10_500]
    assert (journal.transaction_date, journal.posting_date, journal.period) == (TODAY, TODAY, "2026-11")


def test_a_later_day_dates_the_journal() -> None:
    story = event("WRITE-OFF").days_later(30)
    journal = only(JournalPosted, story.run(10)).journal
    assert journal.transaction_date == NINE.date() + timedelta(days=30)
    assert journal.period == "2026-12"
