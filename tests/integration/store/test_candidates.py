"""Accounts with attempts are found page by page, the longest in default first, over all opcos."""

from datetime import date, timedelta

import pytest

from store.engine.database import Database
from store.queries import candidates
from store.queries.candidates import Place
from store.tables import accounts, attempts
from tests.integration.store.rows import put

FIRST = date(2026, 5, 1)
OPCOS = ("KE", "RW", "TG")


@pytest.fixture
def places(database: Database) -> list[Place]:
    """Return all candidates in their order: days shared by several, opcos mixed."""
    made = [
        Place(FIRST + timedelta(days=number % 5), OPCOS[number % 3], f"A/{number:02}") for number in range(30)
    ]
    with database.begin() as tx:
        for number, each in enumerate(made):
            keys = {"opco": each.opco, "account_id": each.account_id}
            put(tx, accounts, **keys, state="defaulted", currency="RWF", defaulted_on=each.defaulted_on)
            put(tx, attempts, **keys, attempt_id=f"AT-{number}")
        put(tx, accounts, opco="RW", account_id="no attempt", defaulted_on=FIRST)
        put(tx, accounts, opco="RW", account_id="not in default")
    return sorted(made)


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_follow_one_another(database: Database, places: list[Place], limit: int) -> None:
    found: list[Place] = []
    with database.read() as tx:
        while rows := candidates.page(tx, OPCOS, found[-1] if found else None, limit):
            assert len(rows) <= limit
            found += [candidates.place_of(row) for row in rows]
    assert found == places


def test_a_page_of_one_opco(database: Database, places: list[Place]) -> None:
    after = places[14]
    with database.read() as tx:
        rows = candidates.page(tx, ["RW"], after, 100)
    assert [candidates.place_of(row) for row in rows] == [
        each for each in places if each.opco == "RW" and each > after
    ]
