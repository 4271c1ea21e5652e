"""A database of this version's schema, as the roles find it."""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from proving.servers.postgresql import PostgreSQL
from store.engine import migrating
from store.engine.database import Database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "writeoff.sqlite"
    migrating.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgresql_database(postgresql: PostgreSQL) -> Iterator[Database]:
    postgresql.create_template("migrated", lambda url: migrating.upgrade(url) and None)
    name = f"store_{os.getpid()}_{next(_numbers)}"
    database = Database(postgresql.create_database(name, "migrated"))
    yield database
    database.close()
    postgresql.drop_database(name)


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "writeoff.sqlite"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The test runs once on each database, migrated and empty."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
