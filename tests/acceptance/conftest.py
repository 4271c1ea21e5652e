"""Installations of real processes, each on fresh places of the run's servers."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from proving.servers.postgresql import PostgreSQL
from store.engine import migrating
from tests.support.installation import Installation, installation

#: Installs on PostgreSQL, RabbitMQ and Valkey; a URL that is given replaces one of them.
Install = Callable[..., Installation]

_numbers = itertools.count(1)


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """A database with the schema: a copy costs less than migrations."""
    postgresql.create_template("migrated", lambda url: migrating.upgrade(url) and None)
    name = f"acceptance_{os.getpid()}_{next(_numbers)}"
    yield postgresql.create_database(name, "migrated")
    postgresql.drop_database(name)


@pytest.fixture
def install(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Install]:
    usual = {"database_url": "postgresql_url", "broker_url": "amqp_url", "tasks_url": "redis_url"}
    with ExitStack() as stack:

        def one(**given: Any) -> Installation:
            urls = {name: given.pop(name, None) or request.getfixturevalue(usual[name]) for name in usual}
            folder = given.pop("folder", tmp_path)
            return stack.enter_context(installation(folder, **urls, **given))

        yield one
