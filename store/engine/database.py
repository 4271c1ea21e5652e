"""The database and its unit of work: one engine, transactions that roll back unless they end well."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from store.engine.errors import StoreBusy, StoreConflict, StoreError, StoreUnavailable
from store.engine.given import bytes_of, weight_of
from store.engine.transaction import Transaction

#: Longest statement. A set takes well under a second; whatever takes a minute is stuck.
STATEMENT_TIMEOUT_MS = 60_000
#: Longest wait for a row lock. Sets hold theirs for tens of milliseconds.
LOCK_TIMEOUT_MS = 10_000
#: A session that sits in a transaction has lost its process or its mind.
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000
#: SQLite: how long to wait for another process's write transaction.
BUSY_TIMEOUT_MS = 30_000
#: How a role's PostgreSQL looks things up: a set names its rows by their keys, and walking an index costs
#: the same however large the tables are. Left to its statistics, PostgreSQL reads a whole table for a set
#: while the table is small, and keeps a plan it made when the table was empty. Without JIT, since a plan that
#: needs no index looks costly then.
BY_KEYS = (
    "enable_seqscan",
    "enable_bitmapscan",
    "enable_hashjoin",
    "enable_mergejoin",
    "enable_material",
    "jit",
)
#: SQLite: between looks at a file that somebody else switches to WAL mode.
_SWITCH_SECONDS = 0.01
#: SQLite: what a set changes fits in, and is not written down before the commit.
CACHE_KIB = 64 * 1024
#: SQLite: pages in the log before they are brought to the file. A set of 500 writes some 3,000, and each
#: commit would wait for both.
CHECKPOINT_PAGES = 16_384
#: Threads of a role plus its wake-up listener; more would only queue for the two cores.
POOL_SIZE = 16

#: SQLSTATEs that may not come again: serialization, deadlock, lock timeout, statement timeout or cancel.
_BUSY = frozenset({"40001", "40P01", "55P03", "57014"})
#: SQLSTATEs that psycopg counts as its own mistakes: a server that became a standby, an idle session ended.
_GONE = frozenset({"25006", "25P03"})
#: SQLite's codes have details above their first byte. `SQLITE_ERROR` is a statement that makes no sense.
_PRIMARY = 0xFF
_AWAY = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


class FairLock:
    """A mutex that is handed over in the order of asking, so that no role starves another."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


class Database:
    """One database. `begin` writes, `read` reads; both raise `StoreError` and its kinds alone."""

    def __init__(self, url: str, *, by_keys: bool = False) -> None:
        """`by_keys` is for roles, who name what they want; who surveys whole tables goes without."""
        try:
            self.url = make_url(url)
        except exc.ArgumentError:
            raise ValueError("this is no database URL: use postgresql:// or sqlite:///") from None
        self.dialect = self.url.get_backend_name()
        if self.dialect not in {"postgresql", "sqlite"}:
            raise ValueError(f"database {self.dialect!r} is not supported: use postgresql:// or sqlite:///")
        self._writers = FairLock() if self.dialect == "sqlite" else None
        #: Called whenever a transaction is tried: a sign of life of the thread that does.
        self.pulse: Callable[[], None] = lambda: None
        self.engine = _postgresql(url, by_keys=by_keys) if self.dialect == "postgresql" else _sqlite(url)

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Transaction]:
        """Open a transaction that may write; commit when the block ends well, else roll back.

        What is not `lasting` is a lease: others see it at once, and PostgreSQL brings it to the disk with the
        next commit that waits for the disk. A server that dies before forgets it, and what was done under it.
        """
        if self._writers is None:
            with self._transaction("BEGIN") as transaction:
                if not lasting:
                    transaction.commit_without_waiting()
                yield transaction
        else:
            with self._writers, self._transaction("BEGIN IMMEDIATE") as transaction:
                yield transaction

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads: it waits for no writer."""
        with self._transaction("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        self.pulse()
        try:
            connection = self.engine.connect()
        except exc.SQLAlchemyError as error:
            raise translated(error) from error
        with connection:
            try:
                # SQLAlchemy does not see a COPY, and would not commit a transaction of nothing else.
                connection.begin()
                if self.dialect == "sqlite":
                    connection.exec_driver_sql(begin)
                transaction = Transaction(connection)
                yield transaction
                transaction.commit()
            except (exc.SQLAlchemyError, psycopg.Error) as error:
                _drop(connection)
                raise translated(error) from error
            except StoreError:
                _drop(connection)
                raise
            except BaseException:
                # What is raised is what went wrong first, and not that the connection has broken meanwhile.
                with suppress(exc.SQLAlchemyError, psycopg.Error):
                    connection.rollback()
                raise

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _drop(connection: Connection) -> None:
    """Throw the connection away: after an error nobody knows what state it is in."""
    try:
        connection.invalidate()
    except exc.SQLAlchemyError:
        connection.detach()


def translated(error: exc.SQLAlchemyError | psycopg.Error) -> StoreError:
    """Return our error for one of SQLAlchemy's, or of psycopg's where COPY is used without it.

    Its text is the first line alone: parameters and details may be personal data.
    """
    original = getattr(error, "orig", None) or error
    text = str(original).strip().partition("\n")[0] or repr(original)
    state = getattr(original, "sqlstate", None)
    if isinstance(error, (exc.IntegrityError, psycopg.IntegrityError)):
        return StoreConflict(text)
    code = getattr(original, "sqlite_errorcode", 0) & _PRIMARY
    if state in _BUSY or code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(text)
    if state in _GONE or (isinstance(error, _AWAY) and code != sqlite3.SQLITE_ERROR):
        return StoreUnavailable(text)
    return StoreError(text)


def _postgresql(url: str, *, by_keys: bool) -> Engine:
    target = make_url(url).set(drivername="postgresql+psycopg")
    given = target.query.get("options", "")
    # Ours come last, and so win: a URL may add to them, such as a search path.
    settings = (
        f"{given if isinstance(given, str) else ' '.join(given)} "
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    if by_keys:
        settings += "".join(f" -c {each}=off" for each in BY_KEYS)
    engine = create_engine(
        target,
        pool_size=POOL_SIZE,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "options": settings,
            "application_name": "writeoff",
            "connect_timeout": 5,
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # Keepalives are silent while something sent is unanswered: without this, Linux waits 15 minutes.
            "tcp_user_timeout": 30_000,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: psycopg.Connection[Any], _record: object) -> None:
        # Ids are text on our side; making a UUID of each and text of it again costs more than reading it.
        connection.adapters.register_loader("uuid", TextLoader)

    return engine


def _sqlite(url: str) -> Engine:
    """Return an engine in WAL mode that commits durably and begins explicitly."""
    engine = create_engine(
        url,
        **({} if ":memory:" in url else {"poolclass": QueuePool, "pool_size": POOL_SIZE}),
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.create_function("bytes_of", 1, bytes_of, deterministic=True)
        connection.create_function("weight_of", 1, weight_of, deterministic=True)
        _log_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")

    return engine


def _log_ahead(connection: Any) -> None:
    """Switch to WAL mode. Of several who switch a new file at once SQLite lets one through, and none wait."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_SWITCH_SECONDS)
        else:
            return
