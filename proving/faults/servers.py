"""Servers that die, stand still, are stopped at once, or lose one of their processes."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from proving.faults.disturbance import Disturbance
from proving.rig.installation import Installation
from proving.servers.postgresql import PostgreSQL
from proving.servers.server import Server, ServerError

#: Longest that a server may take to come back from whatever was done to it.
REVIVE_SECONDS = 60.0


class KillServer(Disturbance):
    """SIGKILL to every process of one server, as a power cut would, and a start a while later."""

    hold_seconds = 2.0

    def __init__(self, server: str) -> None:
        """`server` is what the server is to the product: `database`, `broker`, `tasks`."""
        self._server = server
        self.kind = f"kill-{server}"

    def targets(self, installation: Installation) -> Sequence[str]:
        """The one server, where it is the rig's own."""
        return [self._server] if self._server in installation.servers else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Kill it."""
        del random
        installation.servers[target].kill()

    def undo(self, installation: Installation) -> None:
        """Start it, if it does not run."""
        revive(installation.servers.get(self._server))


class RestartServer(KillServer):
    """A stop in order, as in maintenance, and a start: sessions are ended, nobody is asked."""

    hold_seconds = 0.5

    def __init__(self, server: str) -> None:
        """As `KillServer`."""
        super().__init__(server)
        self.kind = f"restart-{server}"

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Stop it."""
        del random
        installation.servers[target].stop()


class PauseServer(KillServer):
    """SIGSTOP to every process of one server: connections stay open, and nobody answers."""

    hold_seconds = 4.0
    least_hold_seconds = 1.0

    def __init__(self, server: str) -> None:
        """As `KillServer`."""
        super().__init__(server)
        self.kind = f"pause-{server}"

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Stop each of its processes."""
        del random
        for pid in installation.servers[target].processes():
            _signal(pid, signal.SIGSTOP)

    def undo(self, installation: Installation) -> None:
        """Let them go on."""
        server = installation.servers.get(self._server)
        if server is not None:
            for pid in server.processes():
                _signal(pid, signal.SIGCONT)


class _OfPostgreSQL(Disturbance):
    """What only PostgreSQL of our own can suffer."""

    def targets(self, installation: Installation) -> Sequence[str]:
        """The database, where it is PostgreSQL and the rig's own."""
        return ["database"] if isinstance(installation.servers.get("database"), PostgreSQL) else []

    def undo(self, installation: Installation) -> None:
        """Start it, if it does not run."""
        revive(installation.servers.get("database"))


class KillPostmaster(_OfPostgreSQL):
    """SIGKILL to PostgreSQL's first process, the others a moment later: nobody has told them anything."""

    kind = "kill-postmaster"
    hold_seconds = 1.0

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Kill it."""
        del random
        _signal(postmaster(installation.servers[target]), signal.SIGKILL)


class ImmediateStop(_OfPostgreSQL):
    """`pg_ctl stop -m immediate`: no checkpoint, so that the next start is a recovery."""

    kind = "immediate-stop-database"
    hold_seconds = 1.0

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """SIGQUIT, which is what that sends."""
        del random
        _signal(postmaster(installation.servers[target]), signal.SIGQUIT)


class CrashBackend(_OfPostgreSQL):
    """SIGKILL to one session's process, as the kernel does when memory is out.

    PostgreSQL then ends every session and recovers.
    """

    kind = "crash-backend"
    hold_seconds = 0.5

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Kill the process of any session."""
        sessions = [pid for pid in installation.servers[target].processes() if _is_session(pid)]
        if sessions:
            _signal(random.choice(sorted(sessions)), signal.SIGKILL)


def revive(server: Server | None) -> None:
    """Start a server unless it runs, or is just recovering. Raises `ServerError` when it stays away."""
    if server is None:
        return
    deadline = time.monotonic() + REVIVE_SECONDS
    while True:
        server.start()
        if server.answers():
            return
        if time.monotonic() > deadline:
            raise ServerError(f"{server.name} does not answer any more; see {server.log}")
        time.sleep(0.05)


def postmaster(server: Server) -> int | None:
    """Return the process that all sessions of PostgreSQL descend from; None when there is none."""
    found = server.processes()
    return found[0] if found else None


def _is_session(pid: int) -> bool:
    """Tell by the title that PostgreSQL gives its processes: `postgres: user database host(port) ...`."""
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False
    return title.startswith("postgres: writeoff ")


def _signal(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
