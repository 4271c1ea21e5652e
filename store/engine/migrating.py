"""Bringing a database to the schema of this version, and saying whether it is there."""

import functools
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from store.engine.database import Database
from store.engine.errors import SchemaAhead, StoreError
from store.engine.partitions import ensure_partitions
from store.engine.transaction import Transaction
from writeoff.value import Value

Status = Literal["up-to-date", "behind", "ahead", "unreachable"]

#: Any number of ours, the same in every version: containers that migrate at once wait for each other.
_LOCK = 0x57_4F_4D_49
#: A step that waits for a table blocks whoever comes after it; better it fails and is started again.
LOCK_TIMEOUT_MS = 60_000


class SchemaState(Value, frozen=True, kw_only=True):
    """Where a database stands: its step, the newest step of this version, and a sentence for people."""

    status: Status
    current: str | None
    head: str
    sentence: str


class Upgraded(Value, frozen=True, kw_only=True):
    """The steps before and after; equal when there was nothing to do."""

    before: str | None
    after: str


def upgrade(url: str) -> Upgraded:
    """Run the steps that are missing, all in one transaction, and make this month's partitions.

    Whoever comes second waits for the first and finds nothing to do. Raises `SchemaAhead` where the database
    is of a newer version, and other `StoreError`s.
    """
    database = Database(url)
    try:
        with database.begin() as tx:
            if tx.postgresql:
                # The other container may take long, and so may a step: neither is stuck.
                for limit in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
                    tx.execute(text(f"SET LOCAL {limit} = 0"))
                tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                tx.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
            before = _current(tx)
            state = _compared(before)
            if state.status == "ahead":
                raise SchemaAhead(state.sentence)
            if state.status == "behind":
                config = _config()
                config.attributes["connection"] = tx.connection
                command.upgrade(config, "head")
            ensure_partitions(tx)
            return Upgraded(before=before, after=state.head)
    finally:
        database.close()


def current(url: str) -> str | None:
    """Return the step the database is at, None when it is empty. Raises `StoreError`."""
    database = Database(url)
    if missing_file(database):
        return None
    try:
        with database.read() as tx:
            return _current(tx)
    finally:
        database.close()


def check(url: str) -> SchemaState:
    """Say whether the database has the schema of this version; one that does not answer is a value too."""
    try:
        return _compared(current(url))
    except StoreError as error:
        return SchemaState(
            status="unreachable",
            current=None,
            head=head(),
            sentence=f"The database does not answer: {error}",
        )


def state(tx: Transaction) -> SchemaState:
    """Say whether the schema that a transaction sees is that of this version."""
    return _compared(_current(tx))


def _compared(found: str | None) -> SchemaState:
    newest = head()
    if found == newest:
        status: Status = "up-to-date"
        sentence = f"The schema is up to date, at step {newest}."
    elif found is None:
        status = "behind"
        sentence = "The database is empty: run `writeoff db upgrade`."
    elif found in {script.revision for script in _scripts().walk_revisions()}:
        status = "behind"
        sentence = f"The schema is at step {found}, this version needs {newest}: run `writeoff db upgrade`."
    else:
        status = "ahead"
        sentence = f"The schema is at step {found}, which this version does not know: run a newer version."
    return SchemaState(status=status, current=found, head=newest, sentence=sentence)


def _current(tx: Transaction) -> str | None:
    return MigrationContext.configure(tx.connection).get_current_revision()


def head() -> str:
    """Return the newest step of this version."""
    found = _scripts().get_current_head()
    if found is None:
        raise LookupError("the package holds no migrations")
    return found


@functools.cache
def _scripts() -> ScriptDirectory:
    """Return the steps of this version: read once, they do not change under a process."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    """Return Alembic's settings, made here: there is no alembic.ini, and the steps lie in the package."""
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def missing_file(database: Database) -> bool:
    """Tell whether an SQLite database has no file yet: to look at it would make it."""
    path = database.url.database
    return (
        database.dialect == "sqlite" and path not in {None, "", ":memory:"} and not Path(str(path)).exists()
    )
