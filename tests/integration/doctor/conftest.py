"""Installations whose weaknesses are looked for, on servers that a test may weaken."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from messages.destinations import EXCHANGES
from store.engine import migrating
from store.engine.database import Database
from workers import brokers
from workers.brokers import Topology
from workers.doctor import Finding, Installation, examine
from workers.settings import Settings

TOPOLOGY = brokers.contract_topology(["NORTH"])

#: Returns what weakens a promise, by check, without the schema of a database that nobody has upgraded.
Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def examined(sqlite_url: str) -> Iterator[Examine]:
    """Looks at an installation; what a test does not give is an SQLite file and no broker."""
    with ExitStack() as stack:

        def look(**given: Any) -> dict[str, Finding]:
            database = given.pop("database", None) or Database(given.pop("database_url", sqlite_url))
            stack.callback(database.close)
            settings = Settings(_env_file=None, **given.pop("settings", {}))
            given = {"broker_url": None, "topology": TOPOLOGY, **given}
            found = examine(Installation(settings, database=database, **given))
            assert not found.unanswered
            return {each.check: each for each in found.findings if each.check != "schema.behind"}

        yield look


def only(queue: str) -> Topology:
    """The contract's topology with one of its queues."""
    [found] = [each for each in TOPOLOGY.queues if each.name == queue]
    return Topology(exchanges=EXCHANGES, queues=(found,))


def upgraded(url: str) -> str:
    migrating.upgrade(url)
    return url
