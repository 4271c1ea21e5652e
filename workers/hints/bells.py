"""Bells between processes, by PostgreSQL's LISTEN and NOTIFY: a wake-up, never needed for correctness."""

import threading
import time
from contextlib import suppress
from hashlib import sha256
from select import select
from typing import Any

import psycopg
import structlog
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.sql import SQL, Identifier, Literal

from store.engine.database import Database

log = structlog.get_logger()

#: A bell is not worth a long wait: seconds to connect, milliseconds until an answer to what was sent.
_CONNECT_SECONDS = 2
_UNANSWERED_MS = 5_000
#: Notifications carry the name of the role to wake.
_CHANNEL = "writeoff"


class PostgresBell:
    """Wakes roles in other processes. A broken connection makes it silent until the next call mends it."""

    def __init__(self, database: Database) -> None:
        self._url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._channel = _channel(database)
        self._ringing: psycopg.Connection[Any] | None = None
        self._listening: dict[str, psycopg.Connection[Any]] = {}
        self._lock = threading.Lock()

    def ring(self, role: str) -> None:
        """Wake the role wherever it waits. What PostgreSQL answers is looked at by the next ring."""
        with self._lock:
            try:
                try:
                    self._told(role)
                except psycopg.Error:  # the one before may have been lost with its connection: once more
                    self._hang_up()
                    self._told(role)
            except psycopg.Error as error:
                self._hang_up()
                log.warning("writeoff.bell.silent", reason=str(error))

    def _told(self, role: str) -> None:
        if self._ringing is None:
            self._ringing = self._connect()
        wire = self._ringing.pgconn
        _hear_out(wire)
        notify = SQL("NOTIFY {}, {}").format(Identifier(self._channel), Literal(role))
        wire.send_query(notify.as_bytes(self._ringing))
        wire.flush()

    def _hang_up(self) -> None:
        _close(self._ringing)
        self._ringing = None

    def wait(self, role: str, seconds: float) -> bool:
        """Wait to be woken, at most so long; notifications meanwhile received count."""
        try:
            connection = self._listening.get(role)
            if connection is None:
                connection = self._connect()
                connection.execute(SQL("LISTEN {}").format(Identifier(self._channel)))
                self._listening[role] = connection
                return True
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                for note in connection.notifies(timeout=left, stop_after=1):
                    if note.payload == role:
                        return True
        except psycopg.Error as error:
            _close(self._listening.pop(role, None))
            log.warning("writeoff.bell.deaf", reason=str(error))
            time.sleep(min(seconds, 1.0))
        return False

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            application_name="writeoff-bell",
            connect_timeout=_CONNECT_SECONDS,
            tcp_user_timeout=_UNANSWERED_MS,
        )


def _channel(database: Database) -> str:
    """Return the channel of an installation: one in a schema of its own wakes no other of the database."""
    options = str(database.url.query.get("options", ""))
    return f"{_CHANNEL}_{sha256(options.encode()).hexdigest()[:16]}" if "search_path" in options else _CHANNEL


def _hear_out(wire: PGconn) -> None:
    """Take in what PostgreSQL answered to the last ring.

    Waits for it as Python waits, and not for ever: libpq, left to wait, would hold up every thread.
    """
    until = time.monotonic() + _UNANSWERED_MS / 1_000
    while wire.is_busy():
        if not select([wire.socket], [], [], max(until - time.monotonic(), 0.0))[0]:
            raise psycopg.OperationalError(f"no answer to a ring within {_UNANSWERED_MS} ms")
        wire.consume_input()
    while (answer := wire.get_result()) is not None:
        if answer.status == ExecStatus.FATAL_ERROR:
            raise psycopg.OperationalError(answer.error_message.decode(errors="replace").strip())


def _close(connection: psycopg.Connection[Any] | None) -> None:
    if connection is not None:
        with suppress(psycopg.Error):
            connection.close()
