"""Every invariant that the tables keep bites on both databases, whoever writes."""

from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Table

from store.engine.database import Database
from store.engine.errors import StoreConflict
from store.tables import metadata
from tests.integration.store.rows import NOW, TODAY, put, table, uuid

#: Constraint -> table and the values that break it, and nothing else.
BAD: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "ck_accounts_version": ("accounts", [{"version": -1}]),
    "ck_accounts_state": ("accounts", [{"state": "lost"}, {"state": "Defaulted"}]),
    "ck_payments_amount": ("payments", [{"amount_minor": 0}, {"amount_minor": -5}]),
    "ck_request_items_state": ("request_items", [{"state": "done"}]),
    "ck_request_items_refusal": (
        "request_items",
        [{"state": "refused"}, {"state": "accepted", "refusal": "no-debt"}],
    ),
    "ck_requests_plan_checked": ("requests", [{"plan_checked": True, "plan_digest": None}]),
    "ck_plans_accounts": ("plans", [{"accounts": -1}]),
    "ck_approvals_state": ("approvals", [{"state": "asked", "total_minor": 1}]),
    "ck_approvals_total": ("approvals", [{"state": "awaiting"}]),
    "ck_approvals_decided_by": (
        "approvals",
        [{"state": "approved", "total_minor": 1}, {"decided_by": "u-001"}],
    ),
    "ck_processes_amount": ("processes", [{"amount_minor": 0}]),
    "ck_processes_status": ("processes", [{"status": "ended", "end_reason": "paid", "ended_on": TODAY}]),
    "ck_processes_end_reason": (
        "processes",
        [{"status": "inactive"}, {"status": "active", "end_reason": "paid", "ended_on": TODAY}],
    ),
    "ck_processes_ended_on": (
        "processes",
        [{"status": "inactive", "end_reason": "paid"}, {"ended_on": TODAY}],
    ),
    "ck_events_status": ("events", [{"status": "done"}]),
    "ck_events_due_on": (
        "events",
        [
            {"status": "failed", "due_on": TODAY},
            {"status": "complete", "due_on": TODAY, "completed_on": TODAY},
        ],
    ),
    "ck_events_completed_on": ("events", [{"status": "complete"}, {"completed_on": TODAY}]),
    "ck_events_amount": ("events", [{"amount_minor": -1}]),
    "ck_demerits_ended_on": (
        "demerits",
        [{"ended_on": TODAY.replace(day=1)}, {"ended_on": TODAY.replace(day=9)}],
    ),
    "ck_contacts_correction": ("contacts", [{"corrects_contact_id": uuid("c"), "letter": False}]),
    "ck_demerits_effective": ("demerits", [{"effective_from": TODAY, "effective_to": TODAY.replace(day=1)}]),
    "ck_referrals_amount": ("referrals", [{"amount_minor": -1}]),
    "ck_referrals_end_reason": (
        "referrals",
        [{"active": False}, {"active": True, "end_reason": "rejected"}],
    ),
    "ck_referral_replies_reply": ("referral_replies", [{"reply": "maybe"}]),
    "ck_acknowledgements_consumer": ("acknowledgements", [{"consumer": "pulse.updates"}]),
    "ck_acknowledgements_status": ("acknowledgements", [{"status": "seen"}]),
    "ck_agency_debt_active": ("agency_debt", [{"active_minor": -1}]),
    "ck_todos_status": ("todos", [{"status": "done"}]),
    "ck_todos_closed_on": ("todos", [{"status": "closed"}, {"closed_on": TODAY}]),
    "ck_goods_restored": ("goods", [{"restored": -1}, {"restored": 3}]),
    "ck_goods_quantity": ("goods", [{"returned": -1}, {"lost": -1}]),
    "ck_inbox_state": ("inbox", [{"state": "dead"}]),
    "ck_dead_letters_count": ("dead_letters", [{"count": 0}]),
    "ck_dead_letters_state": (
        "dead_letters",
        [{"state": "lost", "revision": 1, "acted_at": NOW, "acted_by": "/operations/grace"}],
    ),
    "ck_dead_letters_revision": ("dead_letters", [{"revision": 1}]),
    "ck_dead_letters_acted": ("dead_letters", [{"acted_at": NOW}, {"acted_by": "/operations/grace"}]),
    "ck_dead_letters_became": (
        "dead_letters",
        [{"state": "retried", "revision": 1, "acted_at": NOW, "acted_by": "/operations/grace"}],
    ),
    "ck_suspects_tries": ("suspects", [{"tries": 0}]),
    "ck_journals_balance": (
        "journals",
        [
            {"total_debit_minor": 2, "total_credit_minor": 1},
            {"total_debit_minor": 0, "total_credit_minor": 0},
            {"total_debit_minor": -1, "total_credit_minor": -1},
        ],
    ),
    "ck_journals_kind": ("journals", [{"kind": "correction"}]),
    "ck_journal_lines_side": ("journal_lines", [{"side": "left"}]),
    "ck_journal_lines_amount": ("journal_lines", [{"amount_minor": 0}, {"amount_minor": -1}]),
    "ck_buckets_held": ("buckets", [{"written_off_minor": 1, "held_minor": 2}]),
    "ck_buckets_claimed": ("buckets", [{"claimed_minor": -1}, {"claimed_minor": 2}]),
    "ck_bucket_movements_amount": ("bucket_movements", [{"amount_minor": 0}]),
    "ck_tax_claims_amount": ("tax_claims", [{"amount_minor": 0}, {"amount_minor": -1}]),
    "ck_reversals_amounts": ("reversals", [{"amount_minor": -1}, {"recoveries_kept_minor": -1}]),
    "ck_messages_out_body": ("messages_out", [{"destination": "gl", "body": None}]),
    "ck_replays_listed": ("replays", [{"listed": -1}]),
    "ck_replays_reached": ("replays", [{"reached_at": NOW}, {"reached_id": uuid("m")}]),
    "ck_retired_month": ("retired", [{"next_first": TODAY}]),
    "ck_retired_rows": ("retired", [{"rows": -1}]),
    "ck_seals_position": ("seals", [{"position": 0}]),
    "ck_enforced_changes_change": ("enforced_changes", [{"referrals": 0, "amount_minor": 0}]),
    "ck_totalled_position": ("totalled", [{"position": 0}]),
    "ck_timers_one_clock": ("timers", [{"due_at": NOW}, {"due_on": None, "due_at": None}]),
}

#: What must not be there twice -> table, what two rows have in common.
UNIQUE: dict[str, tuple[str, dict[str, Any]]] = {
    "one active process an account": ("processes", {"account_id": "RW-1"}),
    "one referral a process, event and ordinal": (
        "referrals",
        {"process_id": uuid("p"), "event_sequence": 10, "ordinal": 1},
    ),
    "one journal a process, event and leg": (
        "journals",
        {"process_id": uuid("p"), "event_sequence": 50, "leg": "write-off"},
    ),
    "one reversal a journal": ("journals", {"reverses_journal_id": uuid("j")}),
    "one id a dead letter": ("dead_letters", {"dead_letter_id": uuid("d")}),
}


def test_every_check_of_the_tables_is_tried() -> None:
    checks = {
        str(constraint.name)
        for each in metadata.tables.values()
        for constraint in each.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert checks == BAD.keys()


def test_a_row_that_breaks_a_check_is_refused_by_that_check(database: Database) -> None:
    answers = {
        (name, i): answer(database, table(place), values)
        for name, (place, rows) in BAD.items()
        for i, values in enumerate(rows)
    }
    assert [each for each, text in answers.items() if each[0] not in text] == []


def test_a_row_of_every_table_is_taken_and_its_key_taken_once(database: Database) -> None:
    for place in metadata.tables.values():
        with database.begin() as tx:
            first = put(tx, place)
        if place.name not in {"outbox", "enforced_changes"}:  # their key is a number that the database gives
            same = {column.name: first[column.name] for column in place.primary_key}
            assert answer(database, place, same) != TAKEN, place.name


@pytest.mark.parametrize("what", UNIQUE)
def test_what_must_be_one_is_refused_the_second_time(database: Database, what: str) -> None:
    place, values = UNIQUE[what]
    assert answer(database, table(place), values) == TAKEN
    assert answer(database, table(place), values) != TAKEN


def test_a_bucket_never_holds_less_than_nothing(database: Database) -> None:
    """Two checks stand against it: each database names the one that it looks at first."""
    assert answer(database, table("buckets"), {"held_minor": -1}) != TAKEN


def test_an_account_may_have_many_processes_that_have_ended(database: Database) -> None:
    ended = {"status": "inactive", "end_reason": "paid", "ended_on": TODAY, "account_id": "RW-1"}
    for values in (ended, ended, {"account_id": "RW-1"}, {"account_id": "RW-1", "opco": "KE"}):
        assert answer(database, table("processes"), values) == TAKEN


def test_what_must_be_there_must_be_there(database: Database) -> None:
    taken = [
        f"{place.name}.{column.name}"
        for place in metadata.tables.values()
        for column in place.columns
        if not column.nullable and column.identity is None
        if answer(database, place, {column.name: None}) == TAKEN
    ]
    assert taken == []


TAKEN = "taken"


def answer(database: Database, place: Table, values: dict[str, Any]) -> str:
    """Insert a row; return `TAKEN` or what the database says against it."""
    try:
        with database.begin() as tx:
            put(tx, place, **values)
    except StoreConflict as conflict:
        return str(conflict)
    return TAKEN
