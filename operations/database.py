"""The installation's database: by its setting, or what `writeoff up` keeps in the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from operations.failures import Unavailable, Unusable
from store.engine import migrating
from store.engine.database import Database
from store.engine.transaction import Transaction
from workers.embedded.data_folder import DataFolder
from workers.settings import Settings


def database_url(settings: Settings) -> str:
    """Return the database's URL: the setting, or what `writeoff up` keeps in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    folder = DataFolder(settings.data_dir.absolute(), lock=-1)
    if not folder.database_file.exists():
        raise Unusable(
            f"WRITEOFF_DATABASE_URL is not set, and `writeoff up` left none in {settings.data_dir}."
        )
    return folder.database_url


def open_database(url: str) -> Database:
    """Return the database of a URL; raises `Unusable` where the URL names none."""
    try:
        return Database(url)
    except ValueError as error:
        raise Unusable(f"The database URL cannot be used: {error}.") from error


def take_time(tx: Transaction) -> None:
    """Let the statements of a transaction that reads the whole ledger take as long as they need."""
    if tx.postgresql:
        tx.execute(text("SET LOCAL statement_timeout = '1h'"))
        tx.execute(text("SET LOCAL work_mem = '128MB'"))
        # Compiling the sums takes longer than it saves.
        tx.execute(text("SET LOCAL jit = off"))


@contextmanager
def reading(settings: Settings) -> Iterator[Transaction]:
    """Open a transaction that sees one moment and changes nothing."""
    with opened(settings) as database, database.read() as tx:
        if tx.postgresql:
            tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        refuse_other_schema(tx)
        yield tx


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Open the installation's database; raises `Unavailable` while its file is not there."""
    database = open_database(database_url(settings))
    if migrating.missing_file(database):
        raise Unavailable(f"There is no database file {database.url.database}: run `writeoff db upgrade`.")
    try:
        yield database
    finally:
        database.close()


def refuse_other_schema(tx: Transaction) -> None:
    """Raise `Unavailable` unless the schema is this version's."""
    state = migrating.state(tx)
    if state.status != "up-to-date":
        raise Unavailable(state.sentence)
