"""What all servers have in common: a folder, a port, a guardian, and a life that can be cut short."""

import contextlib
import os
import secrets
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from proving.servers.guardian import descendants

GUARDIAN = Path(__file__).with_name("guardian.py")

#: Below Linux's range for outgoing connections: no client can hold the port that a killed server needs again.
PORTS = range(20_000, 30_000)

#: RabbitMQ takes 4 s on an idle 2-core machine; the rest is for a busy one.
START_SECONDS = 90.0

#: Longer than the guardian waits before it kills.
STOP_SECONDS = 30.0


_starting = threading.Lock()


class ServerError(Exception):
    """A server did not start, or did not end, as it should."""


def free_port() -> int:
    """A loopback port that nothing listens on."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(kw_only=True)
class Server:
    """One private server. After `stop` or `kill`, `start` finds its data again on the same port.

    Its processes belong to `owner` (by default this process) and end with it, whatever happens.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="writeoff-", dir="/tmp")))
    port: int = field(default_factory=free_port)
    owner: int = field(default_factory=os.getpid)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def start(self) -> None:
        """Start, and return when the server answers. Nothing happens when it runs already.

        One thread of a process starts servers at a time: a second one finds it running.
        """
        with _starting:
            if not self.running():
                self._start()

    def _start(self) -> None:
        self._end(signal.SIGUSR1)
        self.prepare()
        self._guardian_file.write_text(str(self._spawn_guardian()))
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if not self.running() or time.monotonic() > deadline:
                self._end(signal.SIGUSR1)
                last_lines = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise ServerError(f"{self.name} did not start in {self.folder}:\n{last_lines}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut down in order, and return when no process of the server is left."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9` to every process of the server, as a power cut would."""
        self._end(signal.SIGUSR1)

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> bool:
        guardian = self._guardian()
        return guardian is not None and not _ended(guardian, 0)

    def processes(self) -> list[int]:
        """Every process of the server, its first one first; none when it does not run."""
        guardian = self._guardian()
        return descendants(guardian) if guardian is not None and self.running() else []

    def remove(self) -> None:
        """End whatever runs, and remove the data."""
        self._end(signal.SIGUSR1)
        shutil.rmtree(self.folder, ignore_errors=True)

    # What a kind of server says about itself.

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return os.environ

    def user(self) -> tuple[int, int]:
        """User and group that the server runs as."""
        return os.getuid(), os.getgid()

    def prepare(self) -> None:
        """Make what the first start needs, and nothing on a later one."""

    def answers(self) -> bool:
        raise NotImplementedError

    def create_database(self, name: str) -> str:
        """Make an empty place for one test, and return its URL."""
        raise NotImplementedError

    def drop_database(self, name: str) -> None:
        raise NotImplementedError

    # The guardian.

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def _guardian_file(self) -> Path:
        return self.folder / "guardian.pid"

    def _guardian(self) -> int | None:
        return int(self._guardian_file.read_text()) if self._guardian_file.exists() else None

    def _spawn_guardian(self) -> int:
        uid, gid = self.user()
        arguments = [self.owner, self.folder, int(self.stop_signal), uid, gid, *self.command()]
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(GUARDIAN), *map(str, arguments)],
            self.environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )

    def _end(self, how: signal.Signals) -> None:
        guardian = self._guardian()
        if guardian is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(guardian, how)
        if not _ended(guardian, STOP_SECONDS):
            raise ServerError(f"{self.name} in {self.folder} does not end")
        with contextlib.suppress(ChildProcessError):
            os.waitpid(guardian, 0)
        self._guardian_file.unlink(missing_ok=True)


def _ended(pid: int, within_seconds: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        end = select.poll()
        end.register(descriptor, select.POLLIN)
        return bool(end.poll(within_seconds * 1000))
    finally:
        os.close(descriptor)
