"""A bell wakes a role in another process, and gets over a connection that broke between two rings."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from store.engine.database import Database
from workers.hints.bells import PostgresBell

LONG = 10.0


@pytest.fixture
def listening(postgresql_database: Database) -> Iterator[PostgresBell]:
    bell = PostgresBell(postgresql_database)
    assert bell.wait("relay", 0.0), "whoever begins to listen may have missed something"
    return bell


def end_sessions(database: Database, *, query: str) -> int:
    """End the bells' sessions whose last statement was this one, and wait until they have gone."""
    ours = "application_name = 'writeoff-bell' AND datname = current_database() AND query LIKE :query"
    with database.begin() as tx:
        ending = text(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {ours}")
        ended = int(tx.execute(ending, {"query": query}).scalar_one())
    for _ in range(100):
        with database.begin() as tx:
            left = text(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}")
            if not tx.execute(left, {"query": query}).scalar_one():
                break
        time.sleep(0.05)
    return ended


def test_a_ring_wakes_its_role_alone(postgresql_database: Database, listening: PostgresBell) -> None:
    ringing = PostgresBell(postgresql_database)
    ringing.ring("intake")
    assert not listening.wait("relay", 0.2)
    ringing.ring("relay")
    assert listening.wait("relay", LONG)
    assert not listening.wait("relay", 0.1)


def test_rings_meanwhile_are_heard_later(postgresql_database: Database, listening: PostgresBell) -> None:
    ringing = PostgresBell(postgresql_database)
    for _ in range(100):
        ringing.ring("intake")
        ringing.ring("relay")
    assert listening.wait("relay", LONG)


def test_a_ring_gets_over_a_session_that_was_ended(
    postgresql_database: Database, listening: PostgresBell
) -> None:
    ringing = PostgresBell(postgresql_database)
    ringing.ring("relay")
    assert listening.wait("relay", LONG)
    assert end_sessions(postgresql_database, query="NOTIFY%") == 1
    ringing.ring("relay")
    ringing.ring("relay")
    assert listening.wait("relay", LONG)


def test_a_server_that_says_nothing_stops_no_other_thread(
    postgresql_database: Database, listening: PostgresBell
) -> None:
    """A role's watchdog and heartbeats live in other threads of its process."""
    ringing = PostgresBell(postgresql_database)
    ringing.ring("relay")
    assert listening.wait("relay", LONG)
    with postgresql_database.begin() as tx:
        sessions = text(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'NOTIFY%' AND datname = current_database()"
        )
        (pid,) = tx.execute(sessions).scalars()
    os.kill(pid, signal.SIGSTOP)
    waking = threading.Timer(LONG, os.kill, (pid, signal.SIGCONT))
    waking.start()
    try:
        began = time.monotonic()
        ringing.ring("relay")
        rings = threading.Thread(target=ringing.ring, args=("relay",))
        rings.start()
        ticks = 0
        while rings.is_alive():
            rings.join(0.1)
            ticks += 1
        assert listening.wait("relay", LONG), "on a connection of its own, once the first is given up"
        assert time.monotonic() - began < LONG
        assert ticks > 10
    finally:
        waking.cancel()
        os.kill(pid, signal.SIGCONT)


def test_a_wait_gets_over_a_session_that_was_ended(
    postgresql_database: Database, listening: PostgresBell
) -> None:
    assert end_sessions(postgresql_database, query="LISTEN%") == 1
    assert not listening.wait("relay", 0.1), "it tells what broke by not having been woken"
    assert listening.wait("relay", LONG), "what it missed meanwhile is looked for at once"
    PostgresBell(postgresql_database).ring("relay")
    assert listening.wait("relay", LONG)
