"""Processes of the product, each of which may be killed, stopped and continued at any time."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from proving.servers.guardian import descendants
from workers.roles.bound import bound_to_this_process
from writeoff.errors import WriteoffError
from writeoff.value import Value

#: How long a process that ended waits before it is started again.
BACK_OFF_SECONDS = 0.3
#: Longest that a process may take to be started, or to end when it is killed.
PATIENCE_SECONDS = 30.0
#: Longer than a role gives itself to stop (`workers.roles.running.LEAVE_SECONDS`), and an embedded one too.
STOP_SECONDS = 100.0
#: Between looks at a condition.
LOOK_SECONDS = 0.05


class RigError(WriteoffError):
    """The rig itself could not do something: this says nothing of the product."""


class Ended(Value, frozen=True, kw_only=True):
    """How a process ended: as `subprocess` tells it, -9 for a kill; `asked` when rig or fault wanted it."""

    code: int
    asked: bool
    lived_seconds: float


class RoleProcess:
    """One process of a role. `start` and the supervisor bring it up; everybody may bring it down.

    `environment` may be changed: it counts from the next start. `restart` is whether the supervisor starts it
    again when it ends; turn it off to keep it down for a while, and `start` it afterwards.
    """

    def __init__(
        self, name: str, role: str, command: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.role = role
        self.environment = dict(environment)
        self.restart = True
        self.log = folder / f"{name}.log"
        #: How each process of this name ended, but for the one that runs.
        self.ends: list[Ended] = []
        self._command = tuple(command)
        self._folder = folder
        self._wanted = False
        self._asked = False
        self._terminated: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._lock = threading.RLock()

    @property
    def pid(self) -> int | None:
        """The process's id; None while none runs."""
        with self._lock:
            return self._process.pid if self.running() and self._process else None

    @property
    def starts(self) -> int:
        """How many processes there have been under this name."""
        return len(self.ends) + (self._process is not None)

    def running(self) -> bool:
        """Whether a process runs; one that is held by SIGSTOP does."""
        with self._lock:
            return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Want it to run, and wait until there is a process. The supervisor's thread starts it."""
        with self._lock:
            self._wanted = True
            self._start_at = 0.0
        eventually(self.running, f"{self.name} to be started", PATIENCE_SECONDS)

    def kill(self) -> None:
        """SIGKILL to it and all below it, and wait for the end."""
        with self._lock:
            process, self._asked = self._process, True
        if process is None or process.poll() is not None:
            return
        below = descendants(process.pid)
        for pid in (process.pid, *below):
            _signal(pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)

    def stop(self) -> int:
        """SIGTERM, as an orchestrator does, and wait for the end; return the exit code.

        It is started again if `restart` is set. Raises `RigError` when it does not end.
        """
        with self._lock:
            process, self._asked = self._process, True
        if process is None:
            return self.ends[-1].code if self.ends else 0
        self.ask_to_stop()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_SECONDS)
            raise RigError(f"{self.name} did not end within {STOP_SECONDS:g} s of SIGTERM") from None

    def finish(self) -> int:
        """Stop for good; return the exit code."""
        self.retire()
        return self.stop()

    def ask_to_stop(self) -> None:
        """SIGTERM; return at once."""
        with self._lock:
            pid, self._asked = self.pid, True
        # Once: a second SIGTERM may meet an interpreter that is at its end and has no handler any more.
        if pid is not None and pid != self._terminated:
            self._terminated = pid
            self.resume()
            _signal(pid, signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: it holds what it holds and does nothing until `resume`."""
        if (pid := self.pid) is not None:
            _signal(pid, signal.SIGSTOP)

    def stands_still(self) -> bool:
        """Whether it is held by SIGSTOP (state T of proc(5))."""
        with suppress(OSError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False

    def resume(self) -> None:
        """SIGCONT."""
        if (pid := self.pid) is not None:
            _signal(pid, signal.SIGCONT)

    def retire(self) -> None:
        """Want it to run no more; it goes on until it is stopped or killed."""
        with self._lock:
            self._wanted = False
            self.restart = False

    def look(self) -> None:
        """Note an end, and start what is wanted. For the supervisor's thread alone: processes die with it."""
        with self._lock:
            self._note_end()
            if self._process is None and self._wanted and time.monotonic() >= self._start_at:
                self._launch()

    def _note_end(self) -> None:
        if self._process is None or (code := self._process.poll()) is None:
            return
        lived = time.monotonic() - self._started_at
        self.ends.append(Ended(code=code, asked=self._asked, lived_seconds=lived))
        self._process, self._asked = None, False
        self._wanted = self._wanted and self.restart
        self._start_at = time.monotonic() + BACK_OFF_SECONDS

    def _launch(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WRITEOFF_")}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - this Python and a role of ours
                bound_to_this_process(self._command),
                env={**inherited, "WRITEOFF_LOG_FORMAT": "json", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,  # no .env of somebody's
                start_new_session=True,
            )
        self._started_at = time.monotonic()


class Supervisor(threading.Thread):
    """Starts processes and starts them again, as an orchestrator does, until it is told to end.

    Every process of the rig is its child and dies with it (prctl(2)).
    """

    def __init__(self) -> None:
        super().__init__(name="supervisor", daemon=True)
        self._processes: list[RoleProcess] = []
        self._over = threading.Event()

    def add(self, process: RoleProcess) -> None:
        """Look after one more."""
        self._processes.append(process)

    def end(self) -> None:
        """Start nothing any more, and end: with the thread ends whatever still runs."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look again and again."""
        while not self._over.wait(LOOK_SECONDS):
            for process in list(self._processes):
                process.look()


def eventually(
    met: Callable[[], bool], what: str, seconds: float, *, every_seconds: float = LOOK_SECONDS
) -> None:
    """Wait until something is so. Raises `RigError` with what was waited for."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            raise RigError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(every_seconds)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
