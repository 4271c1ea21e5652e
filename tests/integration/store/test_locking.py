"""The account row is the one lock: in order, waited for or skipped, and made where there is none."""

import random

import pytest
from sqlalchemy import select, text

from store.engine.database import Database
from store.engine.errors import StoreBusy
from store.engine.locking import lock, lock_or_create
from store.engine.transaction import Transaction
from store.tables import accounts
from tests.integration.store.concurrency import Started, at_once
from tests.integration.store.rows import put

STANDING = '{"state": "defaulted", "balances": {"SA1": 10500}}'


def known(database: Database, *names: str, opco: str = "RW") -> None:
    with database.begin() as tx:
        for name in names:
            put(tx, accounts, opco=opco, account_id=name, version=7, standing=STANDING)


def test_accounts_are_returned_as_they_stand_in_order(database: Database) -> None:
    known(database, "b", "a")
    known(database, "c", opco="KE")
    with database.begin() as tx:
        locked = lock(tx, [("RW", "b"), ("RW", "a"), ("KE", "c"), ("RW", "b")])
    assert list(locked) == [("KE", "c"), ("RW", "a"), ("RW", "b")]
    found = locked["RW", "a"]
    assert (found.version, found.standing and found.standing.balances) == (7, {"SA1": 10500})


def test_an_account_of_another_opco_is_not_meant(database: Database) -> None:
    known(database, "a", opco="KE")
    with database.begin() as tx:
        assert lock(tx, [("RW", "a")]) == {}


def test_no_accounts_are_no_locks(database: Database) -> None:
    with database.begin() as tx:
        assert lock(tx, []) == {}
        assert lock_or_create(tx, []) == {}


def test_an_unknown_account_gets_a_row_to_be_locked(database: Database) -> None:
    known(database, "a")
    with database.begin() as tx:
        locked = lock_or_create(tx, [("RW", "new"), ("RW", "a")])
        assert (locked["RW", "new"].version, locked["RW", "new"].standing) == (0, None)
        assert locked["RW", "a"].version == 7
    with database.begin() as tx:
        assert lock_or_create(tx, [("RW", "new")])["RW", "new"].standing is None
        assert (
            tx.execute(select(accounts.c.state).where(accounts.c.account_id == "new")).scalar_one()
            == "unknown"
        )


def test_who_skips_gets_what_is_free(postgresql_database: Database) -> None:
    known(postgresql_database, "a", "b", "c")
    keys = [("RW", name) for name in "abc"]
    with postgresql_database.begin() as first, postgresql_database.begin() as second:
        lock(first, keys[:1])
        assert list(lock(second, keys, skip_locked=True)) == keys[1:]


def test_who_does_not_skip_waits_and_sees_what_was_written(postgresql_database: Database) -> None:
    known(postgresql_database, "a")

    def version() -> int:
        with postgresql_database.begin() as tx:
            return lock(tx, [("RW", "a")])["RW", "a"].version

    with postgresql_database.begin() as tx:
        lock(tx, [("RW", "a")])
        waiting = Started(version)
        assert waiting.waits()
        tx.update(accounts, ("opco", "account_id"), ("version",), [("RW", "a", 8)])
    assert waiting.result() == 8


def test_who_waits_too_long_is_told(postgresql_database: Database) -> None:
    known(postgresql_database, "a")

    def impatiently(tx: Transaction) -> None:
        tx.execute(text("SET LOCAL lock_timeout = 50"))
        lock(tx, [("RW", "a")])

    with postgresql_database.begin() as first:
        lock(first, [("RW", "a")])
        with pytest.raises(StoreBusy), postgresql_database.begin() as second:
            impatiently(second)


def test_sets_that_overlap_never_deadlock(database: Database) -> None:
    """Each takes its accounts, known and unknown, in an order of its own; `lock` puts them in ours."""
    known(database, *"abcdef")

    def often(seed: int) -> int:
        order = random.Random(seed)  # noqa: S311 - a test's own order
        done = 0
        for _ in range(20):
            keys = [("RW", name) for name in "abcdefghijkl"]
            order.shuffle(keys)
            with database.begin() as tx:
                done += len(lock_or_create(tx, keys))
        return done

    assert at_once(*(lambda seed=seed: often(seed) for seed in range(4))) == [240] * 4
