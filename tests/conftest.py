"""Servers and fresh places in them. CONTRIBUTING.md says which fixture to take."""

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from proving.servers.binaries import MissingServerError
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import Server
from proving.servers.valkey import Valkey
from tests.support.shared import end_with_the_run, shared
from workers.roles.garbage import collect_rarely

# Each worker of the run, and each process that a test starts, would compile every source again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

#: A mistake in a rule should show before the servers have started. Then the longest: what is left in the end
#: is short, and no worker of the run waits for another.
IN_ORDER = ("unit", "acceptance", "integration")

# How long an example takes says how busy the machine is; a test that hangs meets pytest's timeout.
settings.register_profile("busy-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy-machine")

AnyServer = TypeVar("AnyServer", bound=Server)

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    end_with_the_run(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return next((rank for rank, folder in enumerate(IN_ORDER) if f"/{folder}/" in item.nodeid), 0)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """As a role does. What was collected is looked through for cycles no more, a tenth of what tests take."""
    collect_rarely()


# Servers of the whole run. Tests share them: never stop or kill one.


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> PostgreSQL:
    return _shared(PostgreSQL, request, fsync=False)


@pytest.fixture(scope="session")
def rabbitmq(request: pytest.FixtureRequest) -> RabbitMQ:
    return _shared(RabbitMQ, request)


@pytest.fixture(scope="session")
def valkey(request: pytest.FixtureRequest) -> Valkey:
    return _shared(Valkey, request, fsync="everysec")


# Servers of one test, which may kill and restart them.


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    yield from _own(PostgreSQL)


@pytest.fixture(scope="session")
def _worker_rabbitmq() -> Iterator[RabbitMQ]:
    """One a worker of the run, for one test after the other: it takes 5 s of a core to start."""
    yield from _own(RabbitMQ)


@pytest.fixture
def own_rabbitmq(_worker_rabbitmq: RabbitMQ) -> RabbitMQ:
    _worker_rabbitmq.start()
    _worker_rabbitmq.empty()
    return _worker_rabbitmq


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    yield from _own(Valkey)


# Fresh, empty places for one test, as URLs.


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    yield from _fresh(postgresql)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'writeoff.sqlite'}"


@pytest.fixture
def amqp_url(rabbitmq: RabbitMQ) -> Iterator[str]:
    yield from _fresh(rabbitmq)


@pytest.fixture
def redis_url(valkey: Valkey) -> Iterator[str]:
    yield from _fresh(valkey)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs once on each database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["amqp", "redis"])
def broker_url(request: pytest.FixtureRequest) -> str:
    """The test runs once on each broker."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def _shared(server: type[AnyServer], request: pytest.FixtureRequest, **options: Any) -> AnyServer:
    try:
        return shared(server, request, **options)
    except MissingServerError as missing:
        request.session.shouldstop = str(missing)
        raise pytest.fail.Exception(str(missing), pytrace=False) from None


def _own(server: type[AnyServer]) -> Iterator[AnyServer]:
    with server() as started:
        yield started


def _fresh(server: Server) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield server.create_database(name)
    server.drop_database(name)
