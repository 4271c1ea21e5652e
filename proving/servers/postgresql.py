"""A private PostgreSQL."""

import os
import pwd
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql

from proving.servers import binaries
from proving.servers.server import Server

#: Roles refuse a server without fsync, unless it says of itself that it will be thrown away: only who starts
#: the server can let it say so (`workers/doctor/areas/postgresql.py`).
DATA_MAY_BE_LOST = {"fsync": "off", "cluster_name": "writeoff-throw-away"}

#: PostgreSQL 15, the first that is told how to copy a database. Those before it copy files.
HAS_STRATEGIES = 150_000


@dataclass(kw_only=True)
class PostgreSQL(Server):
    """Listens on loopback and on a socket in its folder. `fsync=False` makes it faster, and as safe from
    `kill`: only a machine that fails could tell the difference."""

    name: ClassVar[str] = "PostgreSQL"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": open sessions are ended

    fsync: bool = True
    #: MiB; as PostgreSQL comes.
    shared_buffers: int = 128
    #: GiB of log between two checkpoints; as PostgreSQL comes.
    max_wal_size: int = 1

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://writeoff@127.0.0.1:{self.port}/{database}"

    def user(self) -> tuple[int, int]:
        """Never root, which initdb refuses."""
        if os.getuid() != 0:
            return super().user()
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = names.get("postgres") or names["nobody"]
        return entry.pw_uid, entry.pw_gid

    def prepare(self) -> None:
        if self.data.exists():
            return
        uid, gid = self.user()
        as_other = uid != os.getuid()
        if as_other:
            os.chown(self.folder, uid, gid)
        subprocess.run(
            [
                binaries.postgresql("initdb"),
                *("--pgdata", str(self.data), "--username=writeoff", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            user=uid if as_other else None,
            group=gid if as_other else None,
            extra_groups=[] if as_other else None,
        )

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "shared_buffers": f"{self.shared_buffers}MB",
            "max_wal_size": f"{self.max_wal_size}GB",
            "dynamic_shared_memory_type": "mmap",  # in the folder, and so removed with it
            "max_connections": 200,
            **({} if self.fsync else DATA_MAY_BE_LOST),
            "log_min_messages": "warning",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [binaries.postgresql("postgres"), "-D", str(self.data), "-p", str(self.port), *options]

    def answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str, template: str = "template1") -> str:
        with self._connected() as connection:
            # Where nothing is flushed, copying files takes a third of what pages take by way of the log.
            by_file = not self.fsync and connection.info.server_version >= HAS_STRATEGIES
            statement = "CREATE DATABASE {} TEMPLATE {}" + by_file * " STRATEGY FILE_COPY"
            connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Sessions that still use it are ended."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def create_template(self, name: str, prepare: Callable[[str], None]) -> None:
        """Make a database that others are copied from, and let `prepare` fill it through its URL.

        Nothing happens when it is there. It gets its name only when it is complete, under a lock that all
        users of this server share.
        """
        with psycopg.connect(self.url(), autocommit=True) as lock:
            lock.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            if lock.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
                return
            unfinished = f"{name}_unfinished"
            self.drop_database(unfinished)
            prepare(self.create_database(unfinished))
            self._execute("ALTER DATABASE {} RENAME TO {}", unfinished, name)

    def _execute(self, statement: str, *names: str) -> None:
        with self._connected() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.url(), autocommit=True, connect_timeout=5)
