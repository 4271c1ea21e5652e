"""What is due is found by day and kind; a running set is fenced; a dead worker's set is counted and freed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.engine.database import Database
from store.engine.errors import LeaseLost
from store.tables import events as table
from store.tables import running
from store.work import events, pausing
from store.work.events import EventKey
from tests.integration.store.concurrency import Started
from tests.integration.store.rows import TODAY, put, uuid

LETTER, REFER = "send-letter", "refer-to-agency"
DAY = timedelta(days=1)


def event(database: Database, name: str, sequence: int = 10, **values: Any) -> EventKey:
    made = {"process_id": uuid(name), "sequence": sequence, "kind": LETTER, "due_on": TODAY, "attempts": 0}
    with database.begin() as tx:
        put(tx, table, **(made | {"account_id": name} | values))
    return uuid(name), sequence


def due(database: Database, kind: str = LETTER, limit: int = 100, **today: date) -> list[EventKey]:
    with database.read() as tx:
        return [each.key for each in events.due(tx, kind, today or {"RW": TODAY}, limit)]


def start(database: Database, token: str, keys: Sequence[EventKey], kind: str = LETTER) -> None:
    with database.begin() as tx:
        events.start_running(tx, uuid(token), kind, keys, "host:1")


def attempts(database: Database, keys: Sequence[EventKey]) -> dict[EventKey, int]:
    with database.read() as tx:
        return events.attempts(tx, keys)


def test_events_are_due_from_their_day_on(database: Database) -> None:
    yesterday = event(database, "a", due_on=TODAY - DAY)
    today = event(database, "b")
    tomorrow = event(database, "c", due_on=TODAY + DAY)
    event(database, "d", due_on=None)
    event(database, "e", status="complete", due_on=None, completed_on=TODAY)
    assert due(database) == [yesterday, today]
    assert due(database, RW=TODAY + DAY) == [yesterday, today, tomorrow]
    assert due(database, limit=1) == [yesterday]


def test_events_are_due_by_kind(database: Database) -> None:
    letter = event(database, "a")
    referral = event(database, "a", 20, kind=REFER)
    assert (due(database), due(database, REFER), due(database, "generic")) == ([letter], [referral], [])


def test_each_opco_has_a_day_of_its_own(database: Database) -> None:
    rwanda = event(database, "a")
    kenya = event(database, "b", opco="KE")
    assert due(database, RW=TODAY, KE=TODAY - DAY) == [rwanda]
    assert due(database, RW=TODAY, KE=TODAY) == [kenya, rwanda]
    assert due(database, TG=TODAY) == []


def test_what_is_due_is_counted_by_kind(database: Database) -> None:
    event(database, "a")
    event(database, "b", opco="KE")
    event(database, "c", kind=REFER, due_on=TODAY + DAY)
    with database.read() as tx:
        assert events.due_by_kind(tx, {"RW": TODAY, "KE": TODAY}) == {LETTER: 2}
        assert events.due_by_kind(tx, {"RW": TODAY + DAY}) == {LETTER: 1, REFER: 1}


def test_accounts_are_those_of_pending_events(database: Database) -> None:
    pending, blocked = event(database, "a"), event(database, "a", 20, due_on=None)
    failed = event(database, "b", status="failed", due_on=None)
    with database.read() as tx:
        found = events.accounts_of(tx, [pending, blocked, failed, (uuid("unknown"), 1), pending])
        assert found == [(pending, ("RW", "a"))]
        assert events.accounts_of(tx, []) == []


def test_a_set_that_ends_takes_its_fence_away(database: Database) -> None:
    key = event(database, "a")
    start(database, "set", [key])
    with database.begin() as tx:
        events.finish_running(tx, uuid("set"))
    with database.begin() as tx, pytest.raises(LeaseLost):
        events.finish_running(tx, uuid("set"))


def test_a_young_set_is_left_alone(database: Database) -> None:
    start(database, "set", [event(database, "a")])
    with database.begin() as tx:
        assert events.abandoned(tx, 60) == []


def test_a_set_whose_worker_died_is_freed_and_its_events_have_one_more_attempt(database: Database) -> None:
    keys = [event(database, "a"), event(database, "b", attempts=2)]
    other = event(database, "c")
    start(database, "set", keys)
    with database.begin() as tx:
        [lost] = events.abandoned(tx, -1)
    assert (lost.token, lost.kind, list(lost.keys), lost.worker) == (uuid("set"), LETTER, keys, "host:1")
    assert attempts(database, [*keys, other]) == {keys[0]: 1, keys[1]: 3, other: 0}
    with database.begin() as tx:
        assert events.abandoned(tx, -1) == []
    with database.begin() as tx, pytest.raises(LeaseLost):
        events.finish_running(tx, uuid("set"))


def test_a_set_that_is_just_ending_is_not_taken_for_dead(postgresql_database: Database) -> None:
    key = event(postgresql_database, "a")
    start(postgresql_database, "set", [key])
    with postgresql_database.begin() as worker:
        events.finish_running(worker, uuid("set"))
        with postgresql_database.begin() as scheduler:
            assert events.abandoned(scheduler, -1) == []
    assert attempts(postgresql_database, [key]) == {key: 0}


def test_a_worker_that_comes_back_finds_its_set_taken(postgresql_database: Database) -> None:
    start(postgresql_database, "set", [event(postgresql_database, "a")])

    def finish() -> None:
        with postgresql_database.begin() as tx:
            events.finish_running(tx, uuid("set"))

    with postgresql_database.begin() as scheduler:
        assert len(events.abandoned(scheduler, -1)) == 1
        worker = Started(finish)
        assert worker.waits()
    with pytest.raises(LeaseLost):
        worker.result()


def test_attempts_are_counted_for_the_named_events(database: Database) -> None:
    one, two = event(database, "a"), event(database, "a", 20)
    with database.begin() as tx:
        events.count_attempt(tx, [one])
        events.count_attempt(tx, [one])
        events.count_attempt(tx, [])
    assert attempts(database, [one, two]) == {one: 2, two: 0}
    assert attempts(database, []) == {}


def test_a_list_of_five_hundred_events_comes_back_from_the_fence(database: Database) -> None:
    keys = [(uuid(number), number) for number in range(500)]
    start(database, "set", keys)
    with database.begin() as tx:
        assert list(events.abandoned(tx, -1)[0].keys) == keys
        assert tx.execute(select(running)).all() == []


def test_a_kind_is_paused_until_it_is_resumed(database: Database) -> None:
    with database.begin() as tx:
        pausing.pause(tx, LETTER, "wrong template", "/operations/u")
    with database.begin() as tx:
        pausing.pause(tx, LETTER, "wrong address", "/operations/v")
        assert events.paused(tx) == {LETTER}
        assert [(each.kind, each.reason, each.actor) for each in pausing.pauses(tx)] == [
            (LETTER, "wrong address", "/operations/v")
        ]
    with database.begin() as tx:
        assert pausing.resume(tx, LETTER)
        assert not pausing.resume(tx, LETTER)
        assert events.paused(tx) == set()
