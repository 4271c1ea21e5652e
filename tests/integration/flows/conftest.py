"""Worlds on fresh, migrated databases and empty brokers."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from proving.servers.postgresql import PostgreSQL
from proving.servers.valkey import Valkey
from store.engine import migrating
from tests.support.world import World

#: Opens a world on the test's database and broker; a second one shares both with the first.
OpenWorld = Callable[..., World]

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """structlog's own tracebacks draw every local variable, which takes seconds for a case."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    path = tmp_path / "writeoff.sqlite"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    postgresql.create_template("migrated", lambda url: migrating.upgrade(url) and None)
    name = f"flows_{os.getpid()}_{next(_numbers)}"
    yield postgresql.create_database(name, "migrated")
    postgresql.drop_database(name)


URLS = {
    "sqlite-valkey": ("sqlite_url", "redis_url"),
    "postgresql-valkey": ("postgresql_url", "redis_url"),
    "postgresql-rabbitmq": ("postgresql_url", "amqp_url"),
}


def stack_of(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the URLs of the database and the broker that a fixture's parameter names."""
    database_url, broker_url = (request.getfixturevalue(name) for name in URLS[request.param])
    return database_url, broker_url


@pytest.fixture(params=["sqlite-valkey", "postgresql-valkey"])
def stack(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database and a broker: each database once. Modules about messages have RabbitMQ too instead."""
    return stack_of(request)


@pytest.fixture
def open_world(stack: tuple[str, str]) -> Iterator[OpenWorld]:
    yield from opening(*stack)


@pytest.fixture
def world(open_world: OpenWorld) -> World:
    return open_world()


@pytest.fixture
def open_embedded(sqlite_url: str, redis_url: str) -> Iterator[OpenWorld]:
    """As `open_world`, on SQLite and Valkey alone: for what neither server can make a difference to."""
    yield from opening(sqlite_url, redis_url)


@pytest.fixture
def embedded(open_embedded: OpenWorld) -> World:
    return open_embedded()


@pytest.fixture
def open_concurrent(postgresql_url: str, redis_url: str) -> Iterator[OpenWorld]:
    """As `open_world`, on PostgreSQL and Valkey: for threads that work on one database at once."""
    yield from opening(postgresql_url, redis_url)


@pytest.fixture
def open_production(postgresql_url: str, amqp_url: str) -> Iterator[OpenWorld]:
    """As `open_world`, on PostgreSQL and RabbitMQ alone."""
    yield from opening(postgresql_url, amqp_url)


@pytest.fixture
def open_rabbitmq(sqlite_url: str, amqp_url: str) -> Iterator[OpenWorld]:
    """As `open_world`, on RabbitMQ alone: for what Redis cannot do."""
    yield from opening(sqlite_url, amqp_url)


@pytest.fixture
def elsewhere(migrated_file: Path, tmp_path: Path, valkey: Valkey) -> Iterator[OpenWorld]:
    """Opens a world in a place of its own, on SQLite and Valkey: what the test's own is compared with."""
    name = f"elsewhere_{os.getpid()}_{next(_numbers)}"
    path = tmp_path / "elsewhere.sqlite"
    shutil.copy(migrated_file, path)
    yield from opening(f"sqlite:///{path}", valkey.create_database(name))
    valkey.drop_database(name)


def opening(database_url: str, broker_url: str) -> Iterator[OpenWorld]:
    opened: list[World] = []

    def open_one(**options: Any) -> World:
        opened.append(World(database_url, broker_url, **options))
        return opened[-1]

    yield open_one
    for world in opened:
        world.close()
