"""Totals of months: what reports say does not depend on how much of the ledger is added up already."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from operations.audit.ledger import audit_view
from operations.views.periods import periods_view
from operations.views.reports import REPORTS
from store.engine import leases
from store.engine.leases import Lease
from store.engine.transaction import Transaction
from store.ledger import enforced, totals
from store.queries.reports import Range
from store.tables import enforced_changes
from tests.integration.ledger.conftest import changing
from tests.support.reported import enforcement_due, reports_due, reports_of
from tests.support.world import World
from writeoff.accounting.totals import Sums

LEASE = Lease(name="scheduler", token=str(uuid4()), holder="test", seconds=10.0)


def holding_the_lease(tx: Transaction) -> None:
    tx.execute(text("DELETE FROM leases"))
    assert leases.take_as(tx, LEASE)


def empty(tx: Transaction) -> None:
    holding_the_lease(tx)
    tx.execute(text("DELETE FROM ledger_totals"))
    tx.execute(text("DELETE FROM totalled"))


def unsealed(tx: Transaction) -> None:
    """Take all seals away, as if no scheduler had ever run."""
    empty(tx)
    listed = "SELECT journal_id, opco, message_on FROM seals"
    tx.execute(text(f"INSERT INTO unsealed (journal_id, opco, message_on) {listed}"))
    tx.execute(text("DELETE FROM seals"))


def test_everything_that_is_sealed_is_added_up(books: World) -> None:
    with books.database.read() as tx:
        chains = tx.execute(text("SELECT opco, max(position) AS position FROM seals GROUP BY opco")).all()
        assert totals.positions(tx) == {row.opco: row.position for row in chains}
        pending = Sums()
        totals.add_pending(tx, pending, None, [])
    assert pending.found == {}


def test_reports_are_the_same_however_much_is_added_up(books: World) -> None:
    due = reports_due(books)
    assert all(due.values())
    with changing(books) as tx:
        assert reports_of(tx) == due
        periods = periods_view(tx, None)
        unsealed(tx)
        assert reports_of(tx) == due
        assert periods_view(tx, None) == periods
    with changing(books) as tx:
        empty(tx)
        assert reports_of(tx) == due
        sets = 0
        while totals.add_up(tx, LEASE, 2):
            sets += 1
            assert reports_of(tx) == due
            assert periods_view(tx, None) == periods
        assert sets > 3
        assert audit_view(tx, None, {}, 50, lambda _journals, _lines: None).findings == []


def test_what_is_enforced_is_the_same_however_much_is_added_up(books: World) -> None:
    due = enforcement_due(books)
    assert due
    with changing(books) as tx:
        assert REPORTS["enforcement"](tx, Range()).rows == due
        sets = 0
        while enforced.add_up(tx, 1):
            sets += 1
            assert REPORTS["enforcement"](tx, Range()).rows == due
        assert sets == 0  # the scheduler has been there
        kept = tx.execute(text("SELECT opco, currency, agency, referrals, amount_minor FROM enforced_totals"))
        names = "opco, currency, agency, referrals, amount_minor"
        rows = [tuple(row) for row in kept]
        tx.execute(text("DELETE FROM enforced_totals"))
        tx.insert(enforced_changes, names.split(", "), [row for row in rows if row[3]])
        while enforced.add_up(tx, 1):
            sets += 1
            assert REPORTS["enforcement"](tx, Range()).rows == due
        assert sets == len([row for row in rows if row[3]]) > 1
        assert audit_view(tx, None, {}, 50, lambda _journals, _lines: None).findings == []


@pytest.mark.parametrize("within", [{"opco": "KE"}, {"first": "2026-12"}, {"last": "2026-11"}])
def test_a_part_of_the_months_is_the_same_too(books: World, within: dict[str, str]) -> None:
    with changing(books) as tx:
        kept = reports_of(tx, **within)
        empty(tx)
        assert reports_of(tx, **within) == kept
        assert kept != reports_of(tx)


def test_who_has_not_the_lease_adds_nothing(books: World) -> None:
    with changing(books) as tx:
        empty(tx)
        other = Lease(name="scheduler", token=str(uuid4()), holder="other", seconds=10.0)
        assert totals.add_up(tx, other, 100) == 0
        assert totals.positions(tx) == {}


@pytest.mark.parametrize(
    ("change", "row", "problem"),
    [
        (
            "UPDATE ledger_totals SET amount_minor = 31501 WHERE figure = 'written-off' AND opco = 'RW'",
            "2026-11 written-off RWF write_off unrecoverable",
            "the total is 31501 of 3, the journals come to 31500 of 3",
        ),
        (
            "DELETE FROM ledger_totals WHERE figure = 'reversed'",
            "2027-01 reversed RWF write_off",
            "the total is 0 of 0, the journals come to 7800 of 1",
        ),
        (
            "UPDATE totalled SET position = position + 7 WHERE opco = 'RW'",
            "up to",
            "they reach position 18, the chain 11",
        ),
    ],
)
def test_the_audit_finds_totals_that_are_not_those_of_the_journals(
    books: World, change: str, row: str, problem: str
) -> None:
    with changing(books) as tx:
        tx.execute(text(change))
        found = audit_view(tx, None, {}, 50, lambda _journals, _lines: None).findings
    assert [(each.table, each.opco, each.row, each.problem) for each in found] == [
        ("ledger_totals", "RW", row, problem)
    ]


def test_the_audit_finds_what_is_enforced_that_is_not_that_of_the_referrals(books: World) -> None:
    with changing(books) as tx:
        tx.execute(text("UPDATE enforced_totals SET amount_minor = amount_minor + 1 WHERE referrals > 0"))
        tx.execute(text("UPDATE referrals SET active = false, end_reason = 'paid' WHERE opco = 'KE'"))
        found = audit_view(tx, None, {}, 50, lambda _journals, _lines: None).findings
    assert {each.table for each in found} == {"enforced_totals"}
    assert {each.opco for each in found} == {"KE", "RW"}
    assert any(each.problem.endswith("the referrals come to 0.00 of 0") for each in found)


def test_what_somebody_made_unreadable_has_no_age_and_stops_nobody(books: World) -> None:
    with changing(books) as tx:
        tx.execute(text("UPDATE journals SET basis = 'torn' WHERE account_id = 'RW-3'"))
        tx.execute(text("UPDATE journal_lines SET sources = 'torn' WHERE side = 'credit' AND opco = 'KE'"))
        empty(tx)
        while totals.add_up(tx, LEASE, 100):
            pass
        rows = {str(row["opco"]): row for row in reports_of(tx)["ageing"]}
    assert (rows["RW"]["no bill"], rows["RW"]["amount"]) == ("10500", "31500")
    assert rows["KE"]["no bill"] == rows["KE"]["amount"] == "105.00"
