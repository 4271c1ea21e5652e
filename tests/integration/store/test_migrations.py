"""The steps make what the models say, on both databases, whoever runs them and however often."""

import re
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.schema import CreateSchema

from store.engine import migrating
from store.engine.database import Database
from store.engine.errors import SchemaAhead, StoreUnavailable
from store.engine.transaction import Transaction
from store.tables import metadata

HEAD = "0019"
PARTITION = re.compile(r"(inbox_body|messages_out)_(default|\d{4}_\d{2})")

#: Between two columns in one line.
ADDED = re.compile(r", (?=[a-z_]+ [A-Z])")
#: What alembic does not compare: collations and texts of constraints and indexes.
POSTGRESQL_SCHEMA = """
SELECT 'column', c.relname, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || coalesce(' ' || l.collname, '') || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || a.attidentity::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace::regnamespace::text = CAST(:schema AS text) AND c.relkind IN ('r', 'p') AND a.attnum > 0
UNION ALL
SELECT 'constraint', c.relname, o.conname || ' ' || pg_get_constraintdef(o.oid)
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
WHERE c.relnamespace::regnamespace::text = CAST(:schema AS text)
UNION ALL
SELECT 'index', tablename, replace(indexdef, schemaname || '.', '') FROM pg_indexes
WHERE schemaname = CAST(:schema AS text)
"""


def drift(database: Database) -> list[object]:
    with database.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"include_name": not_a_partition})
        return list(compare_metadata(context, metadata))


def not_a_partition(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and PARTITION.fullmatch(name or ""))


def test_steps_and_models_agree(database: Database) -> None:
    assert drift(database) == []


def test_a_difference_between_steps_and_models_would_show(database: Database) -> None:
    with database.begin() as tx:
        tx.execute(text("ALTER TABLE goods ADD COLUMN forgotten INTEGER"))
        tx.execute(text("DROP INDEX ix_timers_due_at"))
    assert len(drift(database)) == 2


def test_constraints_collations_and_indexes_are_the_models_on_postgresql(
    postgresql_database: Database,
) -> None:
    with postgresql_database.begin() as tx:
        tx.execute(CreateSchema("models"))
        models = tx.connection.execution_options(schema_translate_map={None: "models"})
        metadata.create_all(models)
    with postgresql_database.read() as tx:
        steps, models = described(tx, "public"), described(tx, "models")
    assert len(steps) > len(metadata.tables)
    assert steps == models


def described(tx: Transaction, schema: str) -> set[tuple[str, str, str]]:
    rows = tx.execute(text(POSTGRESQL_SCHEMA), {"schema": schema})
    return {
        (row[0], row[1], row[2])
        for row in rows
        if row[1] != "alembic_version" and not PARTITION.fullmatch(row[1])
    }


def test_constraints_are_the_models_on_sqlite(
    sqlite_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Database(f"sqlite:///{tmp_path_factory.mktemp('models') / 'models.sqlite'}")
    with other.begin() as tx:
        metadata.create_all(tx.connection)
    with sqlite_database.read() as steps, other.read() as models:
        assert statements(steps) == statements(models)
    other.close()


def statements(tx: Transaction) -> dict[str, list[str]]:
    """Each table's columns and constraints, in an order of their own.

    A table made anew has its name quoted, and a column added later stands in the line of the one before it.
    """
    rows = tx.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {
        row[0]: sorted(
            part.strip().rstrip(",")
            for line in row[1].replace('"', "").splitlines()
            for part in ADDED.split(line)
        )
        for row in rows
        if row[0] != "alembic_version"
    }


def test_a_fresh_database_is_behind_and_upgraded_once(database_url: str) -> None:
    before = migrating.check(database_url)
    assert (before.status, before.current, before.head) == ("behind", None, HEAD)
    assert migrating.upgrade(database_url) == migrating.Upgraded(before=None, after=HEAD)
    assert migrating.upgrade(database_url) == migrating.Upgraded(before=HEAD, after=HEAD)
    assert migrating.check(database_url).status == "up-to-date"
    assert migrating.current(database_url) == HEAD


def test_an_older_schema_is_behind(database: Database) -> None:
    at(database, "0003")
    state = migrating.check(url(database))
    assert (state.status, state.current) == ("behind", "0003")
    assert "writeoff db upgrade" in state.sentence


def test_a_newer_schema_is_ahead_and_left_alone(database: Database) -> None:
    at(database, "9999")
    assert migrating.check(url(database)).status == "ahead"
    with pytest.raises(SchemaAhead, match="9999"):
        migrating.upgrade(url(database))
    assert migrating.current(url(database)) == "9999"


def test_a_database_that_is_away_is_a_value_of_its_own() -> None:
    away = "postgresql://writeoff:secret@127.0.0.1:1/writeoff"
    state = migrating.check(away)
    assert state.status == "unreachable"
    assert "secret" not in state.sentence
    with pytest.raises(StoreUnavailable):
        migrating.upgrade(away)


def test_looking_at_a_file_that_is_missing_does_not_make_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("nothing") / "writeoff.sqlite"
    assert migrating.check(f"sqlite:///{path}").status == "behind"
    assert not path.exists()


def test_a_step_that_fails_leaves_nothing(database_url: str) -> None:
    database = Database(database_url)
    with database.begin() as tx:
        tx.execute(text("CREATE TABLE timers (in_the_way INTEGER)"))
    with pytest.raises(migrating.StoreError):
        migrating.upgrade(database_url)
    assert migrating.current(database_url) is None
    with database.begin() as tx:
        tx.execute(text("DROP TABLE timers"))
    database.close()
    assert migrating.upgrade(database_url).after == HEAD


def test_containers_that_migrate_at_once_wait_for_each_other(database_url: str) -> None:
    together = threading.Barrier(4)
    done: list[migrating.Upgraded | Exception] = []

    def migrate() -> None:
        together.wait()
        try:
            done.append(migrating.upgrade(database_url))
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            done.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, others = migrating.Upgraded(before=None, after=HEAD), migrating.Upgraded(before=HEAD, after=HEAD)
    assert sorted(done, key=str, reverse=True) == [first, others, others, others]


def at(database: Database, revision: str) -> None:
    with database.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)
