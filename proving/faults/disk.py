"""Disks and memory that are full: servers that are there, answer, and take nothing more."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from random import Random

import redis

from proving.faults.disturbance import Disturbance
from proving.faults.servers import postmaster, revive
from proving.rig.installation import Installation
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import ServerError
from proving.servers.valkey import Valkey
from proving.startup import full_disk

#: More than any disk has free: RabbitMQ then takes its disk for full.
_NEVER_FREE = 1 << 60
#: What the rig's RabbitMQ begins with (`proving.servers.rabbitmq`).
_USUALLY_FREE = 50_000_000


class FullMessagingDisk(Disturbance):
    """RabbitMQ's disk alarm, which pauses whoever publishes; on Redis the memory limit, which refuses writes.

    What it shows: a relay whose publishing is not confirmed keeps its outbox, and goes on afterwards.
    """

    hold_seconds = 4.0
    least_hold_seconds = 1.0

    def __init__(self, server: str) -> None:
        """`server` is `broker` or `tasks`."""
        self._server = server
        self._full = False
        self.kind = f"full-disk-{server}"

    def targets(self, installation: Installation) -> Sequence[str]:
        """The one server, where it is the rig's own."""
        return [self._server] if self._server in installation.servers else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Raise the alarm, or lower the limit to nothing."""
        del random, target
        self._full = True
        self._set(installation, full=True)

    def undo(self, installation: Installation) -> None:
        """Free it again."""
        if self._full:
            self._set(installation, full=False)
            self._full = False

    def _set(self, installation: Installation, *, full: bool) -> None:
        server = installation.servers[self._server]
        if isinstance(server, RabbitMQ):
            limit = _NEVER_FREE if full else _USUALLY_FREE
            server.evaluate(f"rabbit_disk_monitor:set_disk_free_limit({limit}).")
        elif isinstance(server, Valkey):
            with redis.Redis.from_url(server.url(), socket_timeout=5) as client:
                client.config_set("maxmemory", 1 if full else 0)


class FullDatabaseDisk(Disturbance):
    """PostgreSQL may write no byte beyond the first 64 KiB of any file (RLIMIT_FSIZE, no root needed).

    To PostgreSQL it is as a disk that is full under its write-ahead log: it panics, recovers, panics again,
    until there is room. What it shows: no commit is believed that was not written.
    """

    kind = "full-disk-database"
    hold_seconds = 3.0
    least_hold_seconds = 1.0

    #: A relation's first pages still fit, a write-ahead log does not.
    LIMIT_BYTES = 64 * 1024

    def __init__(self) -> None:
        self._full = False

    def targets(self, installation: Installation) -> Sequence[str]:
        """The database, where it is PostgreSQL and the rig's own; `prlimit` is util-linux's."""
        own = isinstance(installation.servers.get("database"), PostgreSQL)
        return ["database"] if own and _prlimit() else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Limit the first process, which others inherit from, and all that there are."""
        del random, target
        self._full = True
        self._limit(installation, str(self.LIMIT_BYTES))

    def undo(self, installation: Installation) -> None:
        """Lift the limit, and start PostgreSQL if it has given up."""
        if self._full:
            self._limit(installation, "unlimited")
            self._full = False
        revive(installation.servers.get("database"))

    @staticmethod
    def _limit(installation: Installation, limit: str) -> None:
        """Set the soft limit as the server's own user, who may: root without CAP_SYS_RESOURCE may not."""
        server = installation.servers["database"]
        uid, gid = server.user()
        own = uid == os.getuid()
        # The first process first: whom it starts meanwhile has the new limit already.
        for pid in (postmaster(server), *server.processes()):
            done = subprocess.run(  # noqa: S603 - as it is found, with numbers alone
                [_prlimit() or "prlimit", "--pid", str(pid), f"--fsize={limit}:"],
                user=None if own else uid,
                group=None if own else gid,
                extra_groups=None if own else [],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0 and pid in server.processes():
                raise ServerError(f"{server.name} cannot be limited: {done.stderr.strip()}")


class FullEmbeddedDisk(Disturbance):
    """SQLite's writes end in ENOSPC, while reading goes on (`proving.startup.full_disk`).

    What it shows: what was not committed is not acknowledged, and all of it is done when there is room again.
    """

    kind = "full-disk-sqlite"
    hold_seconds = 4.0
    least_hold_seconds = 1.0

    def targets(self, installation: Installation) -> Sequence[str]:
        """The one process that writes to the file."""
        if not full_disk.possible():
            return []
        return [name for name, process in installation.processes.items() if process.role == "up"]

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Say that it is full."""
        del random, target
        installation.full_disk.touch()

    def undo(self, installation: Installation) -> None:
        """Say that there is room."""
        installation.full_disk.unlink(missing_ok=True)


def _prlimit() -> str | None:
    return shutil.which("prlimit")
