"""Items are claimed in order, decided once, and counted rather than remembered."""

from typing import Any

from store.engine.database import Database
from store.tables import request_items
from store.tables import requests as table
from store.work import requests
from store.work.requests import Counts
from tests.integration.store.concurrency import Started
from tests.integration.store.rows import put

KEY = ("RW", "WR-1")


def request(database: Database, *states: str, key: tuple[str, str] = KEY) -> None:
    """Put a request with one item a state; accounts are named by their place."""
    with database.begin() as tx:
        put(tx, table, opco=key[0], request_id=key[1], revision=0)
        for ordinal, state in enumerate(states):
            more: dict[str, Any] = {"refused": {"refusal": "no-debt", "message": "It owes nothing."}}.get(
                state, {}
            )
            amount = {"accepted": 1_000 + ordinal}.get(state)
            put(
                tx,
                request_items,
                opco=key[0],
                request_id=key[1],
                ordinal=ordinal,
                account_id=f"{key[0]}-{ordinal}",
                state=state,
                amount_minor=amount,
                body=b"\x00" if ordinal else None,
                **more,
            )


def test_pending_items_come_in_the_requests_order(database: Database) -> None:
    request(database, *["pending", "accepted", "pending", "waiting"] * 5)
    request(database, "pending", key=("KE", "WR-1"))
    with database.read() as tx:
        found = requests.pending_items(tx, KEY, 3)
        assert [each.ordinal for each in found] == [0, 2, 4]
        assert [each.body for each in found] == [None, b"\x00", b"\x00"]
        assert len(requests.pending_items(tx, KEY, 100)) == 10
        assert requests.pending_items(tx, ("RW", "unknown"), 3) == []


def test_items_are_read_as_they_stand(database: Database) -> None:
    request(database, "pending", "accepted")
    with database.read() as tx:
        found = requests.items(tx, [(*KEY, 1), (*KEY, 0), (*KEY, 7)])
        assert [(each.ordinal, each.state) for each in found] == [(0, "pending"), (1, "accepted")]
        assert requests.items(tx, []) == []


def test_requests_with_undecided_items_are_found(database: Database) -> None:
    request(database, "pending", "pending")
    request(database, "accepted", "waiting", key=("RW", "WR-2"))
    request(database, "pending", key=("KE", "WR-3"))
    with database.read() as tx:
        assert requests.unexpanded(tx, 10) == [("KE", "WR-3"), KEY]
        assert requests.unexpanded(tx, 1) == [("KE", "WR-3")]


def test_items_that_wait_for_an_account_are_found(database: Database) -> None:
    request(database, "waiting", "pending", "waiting")
    request(database, "waiting", key=("RW", "WR-2"))
    request(database, "waiting", key=("KE", "WR-1"))
    with database.read() as tx:
        found = requests.waiting_items(tx, [("RW", "RW-0"), ("RW", "RW-1")])
        assert [(each.request_id, each.ordinal) for each in found] == [("WR-1", 0), ("WR-2", 0)]
        assert requests.waiting_items(tx, []) == []


def test_progress_is_counted_from_the_items(database: Database) -> None:
    request(database, "pending", "waiting", "waiting", "accepted", "accepted", "refused")
    with database.read() as tx:
        assert requests.counts(tx, KEY) == Counts(pending=1, waiting=2, accepted=2, refused=1, amount=2_007)
        assert requests.counts(tx, ("RW", "unknown")) == Counts()
        assert requests.refusals(tx, KEY) == [("RW-5", "no-debt", "It owes nothing.")]


def test_requests_are_read_by_key(database: Database) -> None:
    request(database)
    request(database, key=("KE", "WR-1"))
    with database.read() as tx:
        found = requests.by_key(tx, [KEY, ("KE", "WR-1"), ("RW", "unknown")])
        assert list(found) == [("KE", "WR-1"), KEY]
        assert found[KEY].revision == 0
        assert requests.by_key(tx, []) == {}


def test_a_request_that_is_answered_is_locked(postgresql_database: Database) -> None:
    request(postgresql_database)

    def answer() -> int:
        with postgresql_database.begin() as tx:
            return requests.by_key(tx, [KEY], for_update=True)[KEY].revision

    with postgresql_database.begin() as tx:
        requests.by_key(tx, [KEY], for_update=True)
        waiting = Started(answer)
        assert waiting.waits()
        tx.update(table, ("opco", "request_id"), ("revision",), [(*KEY, 1)])
    assert waiting.result() == 1
