"""Roles find what they want by index, so that a set costs the same however large the tables have grown."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from tests.support import portfolio, upstream
from tests.support.world import World

#: A life and its ends: an attempt too few, a write-off, a payment, a bounce, a reversal.
DAYS = {
    date(2026, 11, 3): [
        upstream.account("RW-1"),
        upstream.attempt("RPA-1", "RW-1", "product-not-found"),
        upstream.account("RW-2"),
        upstream.request("WR-1", "RW-2", "RW-404"),
    ],
    date(2026, 11, 13): [
        upstream.payment("PAY-1", "RW-1", 2_000, received_at="2026-11-13T09:00:00Z"),
        upstream.payment("PAY-2", "RW-2", 1_000, received_at="2026-11-13T09:00:00Z"),
        upstream.bounce("PAY-2", "RW-2"),
    ],
    date(2027, 1, 2): [upstream.reversal("WV-1", "WR-1", "RW-2")],
}

#: Tables whose rows are as many as there are opcos, destinations, workers, or things to do at the moment.
SMALL = {
    "agency_debt",
    "destinations",
    "enforced_changes",
    "enforced_totals",
    "leases",
    "opcos",
    "outbox",
    "paused_kinds",
    "paused_requests",
    "periods",
    "policies",
    "running",
    "timers",
    "totalled",
    "unsealed",
}
#: Short as a rule, and long when it matters.
LISTS = {"outbox"}
#: Rows given to a statement, and lists of which only the head or the tail is read.
GIVEN = {"changed", "gone", "head", "new", "seals", "wanted"}

WHOLE_ON_POSTGRESQL = r"Seq Scan on (\w+)"
#: Compared with each given row: an index too, a partial one of what waits or is active, may hold very much.
COMPARED_ON_POSTGRESQL = r"Index (?:Only )?Scan using \w+ on (\w+)[^\n]*\n(?! *Index Cond)"
INDEX_ON_POSTGRESQL = re.compile(r"Index (?:Only )?Scan using (\w+) on (\w+)[^\n]*\n *Index Cond: ([^\n]*)")
#: All of it, or an opco's share of it.
WHOLE_ON_SQLITE = r"SCAN (\w+)\b(?! USING INDEX)|SEARCH (?=\w+ .*\(opco=\?\))(\w+)"


@pytest.fixture
def world(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[World]:
    policy_dir = portfolio.policy_folder(tmp_path / "policies", "RW")
    world = World(database_url, redis_url, policy_dir=policy_dir, business_date=None)
    yield world
    world.close()


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the database is asked, with parameters it was asked with: heard where the drivers hear it."""
    asked: dict[str, Any] = {}

    def note(statement: Any, parameters: Any) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT)", str(statement)):
            asked.setdefault(str(statement), parameters)

    execute = psycopg.Cursor.execute

    def heard(cursor: Any, statement: Any, parameters: Any = None, **how: Any) -> Any:
        if isinstance(parameters, dict):  # a bell's have no names
            note(statement, parameters)
        return execute(cursor, statement, parameters, **how)

    monkeypatch.setattr(psycopg.Cursor, "execute", heard)
    if world.database.dialect == "sqlite":

        @event.listens_for(world.database.engine, "before_cursor_execute")
        def note_on_sqlite(*heard: Any) -> None:
            _connection, _cursor, statement, parameters, _context, many = heard
            note(statement, parameters[0] if many else parameters)

    return asked


def test_no_role_reads_a_table_that_grows(world: World, asked: dict[str, Any]) -> None:
    for day, messages in DAYS.items():
        world.set_date(day)
        world.publish(*messages)
        world.run()
        world.age(31)
        world.run()

    assert len(asked) > 100
    assert _all_read_whole(world, asked) == {}
    if world.database.dialect == "postgresql":
        _count(world, _BURST)
        assert _all_read_whole(world, asked) == {}, "as PostgreSQL has counted a burst"
        _count(world, "DELETE FROM outbox")
        assert _all_read_whole(world, asked) == {}, "as PostgreSQL has counted when a burst had gone"


_BURST = """
INSERT INTO outbox (destination, message_id, created_on)
SELECT 'agency.' || mod(n, 6), gen_random_uuid(), current_date FROM generate_series(1, 50000) n
"""


def _count(world: World, after: str) -> None:
    """Let PostgreSQL count the outbox after a statement: gone rows leave their pages behind."""
    for statement in (after, "ANALYZE outbox"):
        with world.database.begin() as tx:
            tx.execute(text(statement))


def _all_read_whole(world: World, asked: dict[str, Any]) -> dict[str, set[str]]:
    return {
        statement: tables for statement in list(asked) if (tables := _read_whole(world, statement, asked))
    }


def _read_whole(world: World, statement: str, asked: dict[str, Any]) -> set[str]:
    """Return the tables of which the statement's plan reads all, or an opco's share."""
    walked: set[str] = set()
    with world.database.engine.connect() as connection:
        if world.database.dialect == "postgresql":
            plan, whole = _kept_plan(connection, statement), WHOLE_ON_POSTGRESQL
            walked = _walked(connection, plan)
        else:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", asked[statement])
            plan, whole = "\n".join(str(row[-1]) for row in rows), WHOLE_ON_SQLITE
    compared = set(re.findall(COMPARED_ON_POSTGRESQL, plan))
    if "Function Scan" not in plan:
        compared &= LISTS
    found = {name for match in re.finditer(whole, plan) for name in match.groups() if name}
    bad = (found - SMALL) | ((compared | walked) - (SMALL - LISTS))
    return {table for table in bad - GIVEN if not table.endswith("_json")}


def _walked(connection: Connection, plan: str) -> set[str]:
    """Return the tables of which an index is walked whole: nothing is said of what it is ordered by first."""
    walked = set()
    for index, table, condition in INDEX_ON_POSTGRESQL.findall(plan):
        first = "SELECT pg_get_indexdef(to_regclass(%(index)s), 1, true)"
        column = str(connection.exec_driver_sql(first, {"index": index}).scalar_one()).strip('"')
        if not re.search(rf"\b{column}\b", condition):
            walked.add(table)
    return walked


def _kept_plan(connection: Connection, statement: str) -> str:
    """Return the plan that PostgreSQL keeps for the statement, made before it knows any parameter."""
    numbers: dict[str, int] = {}
    numbered = re.sub(
        r"%\((\w+)\)s", lambda mark: f"${numbers.setdefault(mark[1], len(numbers) + 1)}", statement
    )
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    connection.exec_driver_sql(f"PREPARE kept AS {numbered}")
    given = f"({', '.join(['NULL'] * len(numbers))})" if numbers else ""
    try:
        return "\n".join(str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN EXECUTE kept{given}"))
    finally:
        connection.exec_driver_sql("DEALLOCATE kept")
