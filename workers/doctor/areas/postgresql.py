"""What PostgreSQL must be set to, and what the roles' user should be."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from store.engine.database import IDLE_IN_TRANSACTION_TIMEOUT_MS, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS
from store.engine.transaction import Transaction
from store.tables.types import metadata
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation

#: A server with this `cluster_name` says of itself that its data may be lost: what would keep a role from
#: starting is a warning. It is set on the server's own command line or in its file, and takes a restart: no
#: client, user, database or environment of the worker can set it.
THROW_AWAY = "writeoff-throw-away"
#: The oldest major version that gets corrections (postgresql.org/support/versioning), and that tests run on.
OLDEST_MAJOR = 15
#: Limits of a session in milliseconds, as `store.engine.database` asks for them.
TIMEOUTS = {
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "lock_timeout": LOCK_TIMEOUT_MS,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_MS,
}

FSYNC = Check(
    name="postgresql.fsync",
    loses=True,
    what="PostgreSQL runs with fsync=off.",
    why="A power cut loses or breaks what was committed, and its messages were acknowledged.",
    mend="Set fsync=on and reload; restore the database if the machine has failed meanwhile.",
)
COMMIT = Check(
    name="postgresql.synchronous-commit",
    loses=True,
    what="Sessions of the roles run with synchronous_commit=off.",
    why="A crash loses the last commits, whose messages were acknowledged.",
    mend="Set synchronous_commit=on for the server, the database and the roles' user.",
)
UNLOGGED = Check(
    name="postgresql.unlogged",
    loses=True,
    what="{count} tables of the worker are unlogged, such as {name}.",
    why="A crash empties them.",
    mend="ALTER TABLE ... SET LOGGED for each of them.",
)
PAGES = Check(
    name="postgresql.full-page-writes",
    what="PostgreSQL runs with full_page_writes=off.",
    why="A power cut may leave torn pages, unless the file system never tears one (ZFS does not).",
    mend="Set full_page_writes=on and reload, unless you know the file system.",
)
REPLICA = Check(
    name="postgresql.replica-commit",
    what="There are synchronous standbys, and synchronous_commit={found} does not wait for their disks.",
    why="A fail-over to a standby loses the last commits, whose messages were acknowledged.",
    mend="Set synchronous_commit=on for the roles' user.",
)
SUPERUSER = Check(
    name="postgresql.superuser",
    what="The roles' user {user} is a superuser.",
    why="A mistake or a stolen password reaches every database of the server, and its files.",
    mend="Give the roles a user that owns their database and nothing more.",
)
VERSION = Check(
    name="postgresql.version",
    what="The server is PostgreSQL {found}, older than {oldest}.",
    why="Its defects, lost data among them, are corrected no more.",
    mend="Upgrade the server to a version that is maintained.",
)
TIMEOUT = Check(
    name="postgresql.timeouts",
    what="Sessions have {name}={found} instead of {wanted} ms.",
    why="A statement, a lock or a lost session may hold up all others.",
    mend="Let a pooler in front pass the startup option `options` on, or set {name} for the roles' user.",
)
ISOLATION = Check(
    name="postgresql.isolation",
    what="Transactions of the roles' user are {found} by default.",
    why="They fail and start over where the worker's locks would have made them wait.",
    mend="Set default_transaction_isolation to `read committed` for the roles' user.",
)
ENCODING = Check(
    name="postgresql.encoding",
    what="The database's encoding is {found}.",
    why="A name with a letter that it lacks cannot be stored, and its message not be taken.",
    mend="Move the data into a database with ENCODING 'UTF8'.",
)
CHECKS = (
    FSYNC,
    COMMIT,
    UNLOGGED,
    PAGES,
    REPLICA,
    SUPERUSER,
    VERSION,
    TIMEOUT,
    ISOLATION,
    ENCODING,
)


def look(at: Installation) -> Iterator[Finding]:
    """Ask PostgreSQL, in a session as the roles have it."""
    if at.database.dialect == "postgresql":
        with at.database.read() as tx:
            yield from list(look_in(tx, at.place))


def look_in(tx: Transaction, where: str) -> Iterator[Finding]:
    """Ask in an open transaction."""
    shown = _Shown(tx)
    yield from _durability(tx, shown, where)
    yield from _surroundings(tx, shown, where)


def _durability(tx: Transaction, shown: "_Shown", where: str) -> Iterator[Finding]:
    """Look at what a crash or a fail-over would take."""
    pardoned = shown["cluster_name"] == THROW_AWAY
    if shown["fsync"] == "off":
        yield FSYNC.found(where, pardoned=pardoned)
    if shown["full_page_writes"] == "off":
        yield PAGES.found(where)
    commit = shown["synchronous_commit"]
    if commit == "off":
        yield COMMIT.found(where, pardoned=pardoned)
    elif commit in {"local", "remote_write"} and shown["synchronous_standby_names"]:
        yield REPLICA.found(where, found=commit)
    if unlogged := _unlogged(tx):
        yield UNLOGGED.found(where, pardoned=pardoned, count=len(unlogged), name=unlogged[0])


def _surroundings(tx: Transaction, shown: "_Shown", where: str) -> Iterator[Finding]:
    """Look at the user, the version, and how sessions are set."""
    superuser, user = tx.execute(
        text("SELECT rolsuper, rolname FROM pg_roles WHERE rolname = current_user")
    ).one()
    if superuser:
        yield SUPERUSER.found(where, user=user)
    if int(shown["server_version_num"]) < OLDEST_MAJOR * 10_000:
        yield VERSION.found(where, found=shown["server_version"], oldest=OLDEST_MAJOR)
    for name, wanted in TIMEOUTS.items():
        found = shown.milliseconds(name)
        if not 0 < found <= wanted:
            yield TIMEOUT.found(where, name=name, found=found, wanted=wanted)
    if (isolation := shown["default_transaction_isolation"]) != "read committed":
        yield ISOLATION.found(where, found=isolation)
    if (encoding := shown["server_encoding"]) != "UTF8":
        yield ENCODING.found(where, found=encoding)


class _Shown:
    """Settings of the server as this session has them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def __getitem__(self, name: str) -> str:
        return str(self._one("SELECT current_setting(:name)", name))

    def milliseconds(self, name: str) -> int:
        """Return a timeout, which `SHOW` would give a unit."""
        return int(self._one("SELECT setting FROM pg_settings WHERE name = :name", name))

    def _one(self, statement: str, name: str) -> Any:
        return self._tx.execute(text(statement), {"name": name}).scalar_one()


def _unlogged(tx: Transaction) -> list[str]:
    """Return tables of the worker that are unlogged, their partitions among them."""
    names = {table.name for table in metadata.tables.values()}
    rows = tx.execute(
        text(
            "SELECT child.relname, parent.relname FROM pg_class child "
            "LEFT JOIN pg_inherits ON inhrelid = child.oid "
            "LEFT JOIN pg_class parent ON parent.oid = inhparent "
            "WHERE child.relpersistence = 'u' AND child.relkind IN ('r', 'p') "
            "AND child.relnamespace = CAST(current_schema() AS regnamespace)"
        )
    )
    return sorted(child for child, parent in rows if child in names or parent in names)
