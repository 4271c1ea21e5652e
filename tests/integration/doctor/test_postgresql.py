"""PostgreSQL: what loses data, what weakens a promise, and what is as it should be."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from proving.servers.postgresql import PostgreSQL
from store.engine.database import Database
from tests.integration.doctor.conftest import Examine, upgraded
from workers.doctor.areas import postgresql as area


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as started:
        started._execute("CREATE ROLE plain LOGIN")
        started._execute("CREATE DATABASE good OWNER plain")
        upgraded(url_of(started, "good"))
        yield started


def url_of(server: PostgreSQL, database: str) -> str:
    return server.url(database).replace("writeoff@", "plain@")


@pytest.fixture
def good(server: PostgreSQL) -> str:
    return url_of(server, "good")


def weaken(server: PostgreSQL, **settings: str | None) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(
                f"ALTER SYSTEM SET {name} = {value}" if value else f"ALTER SYSTEM RESET {name}"
            )
        connection.execute("SELECT pg_reload_conf()")
    with psycopg.connect(server.url()) as connection:  # a new session has the new settings
        for _ in range(100):
            shown = {name: connection.execute(f"SHOW {name}").fetchone() for name in settings}
            if all(value is None or shown[name] == (value,) for name, value in settings.items()):
                return
            connection.rollback()
    raise AssertionError(f"not set: {settings}")


def test_a_good_server_is_silent(good: str, examined: Examine) -> None:
    assert examined(database_url=good) == {}


@pytest.mark.parametrize(
    ("setting", "check", "loses"),
    [
        ({"fsync": "off"}, "postgresql.fsync", True),
        ({"synchronous_commit": "off"}, "postgresql.synchronous-commit", True),
        ({"full_page_writes": "off"}, "postgresql.full-page-writes", False),
        (
            {"synchronous_commit": "local", "synchronous_standby_names": "nobody"},
            "postgresql.replica-commit",
            False,
        ),
        ({"default_transaction_isolation": "serializable"}, "postgresql.isolation", False),
    ],
)
def test_a_setting_that_weakens_it_is_found(
    *, server: PostgreSQL, good: str, examined: Examine, setting: dict[str, str], check: str, loses: bool
) -> None:
    weaken(server, **setting)
    try:
        found = examined(database_url=good)
    finally:
        weaken(server, **dict.fromkeys(setting))
    assert {name: each.loses for name, each in found.items()} == {check: loses}


def test_a_server_may_say_that_it_will_be_thrown_away(postgresql_url: str, examined: Examine) -> None:
    """The tests' own has no fsync. It must say so itself: a client's word does not count."""
    found = examined(database_url=postgresql_url)["postgresql.fsync"]
    assert not found.loses
    with pytest.raises(psycopg.errors.CantChangeRuntimeParam), psycopg.connect(postgresql_url) as connection:
        connection.execute("SET cluster_name = 'writeoff-throw-away'")
    with pytest.raises(psycopg.errors.CantChangeRuntimeParam), psycopg.connect(postgresql_url) as connection:
        connection.execute(f"ALTER ROLE {connection.info.user} SET cluster_name = 'writeoff-throw-away'")


def test_an_unlogged_table_or_partition_is_found(server: PostgreSQL, examined: Examine) -> None:
    server._execute("CREATE DATABASE unlogged OWNER plain")
    url = upgraded(url_of(server, "unlogged"))
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE suspects SET UNLOGGED")
        connection.execute("CREATE UNLOGGED TABLE somebody_elses (id int)")
    found = examined(database_url=url)
    assert list(found) == ["postgresql.unlogged"]
    assert found["postgresql.unlogged"].loses
    assert "1 tables of the worker are unlogged, such as suspects" in found["postgresql.unlogged"].what


def test_a_superuser_another_encoding_and_an_old_version_are_found(
    server: PostgreSQL, examined: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server._execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    monkeypatch.setattr(area, "OLDEST_MAJOR", 99)
    found = examined(database_url=server.url("latin"))
    assert found.keys() == {"postgresql.superuser", "postgresql.encoding", "postgresql.version"}
    assert not any(each.loses for each in found.values())


@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
def test_a_session_that_lost_its_limits_is_found(good: str, name: str) -> None:
    database = Database(good)
    with database.read() as tx:
        assert list(area.look_in(tx, "here")) == []
        tx.execute(text(f"SET LOCAL {name} = 0"))
        [found] = area.look_in(tx, "here")
    database.close()
    assert found.check == "postgresql.timeouts"
    assert name in found.what
