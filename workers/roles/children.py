"""Roles as child processes: started, started again when they die, stopped in order, never left behind."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

import structlog
from pydantic import SecretStr

from workers.roles.bound import bound_to_this_process
from workers.settings import Settings

log = structlog.get_logger()

#: How often the children are looked at; a stop wakes at once.
LOOK_SECONDS = 0.2
#: What a child that dies waits before it is started again: twice as long each time, to a limit.
FIRST_BACK_OFF_SECONDS = 0.5
LONGEST_BACK_OFF_SECONDS = 30.0
#: A child that has lived for so long starts with the first back-off again.
STEADY_SECONDS = 60.0
#: How long a child may take to stop: longer than it takes to give itself up.
GRACE_SECONDS = 30.0


class Child:
    """One role's process, with its own back-off."""

    def __init__(self, role: str, environment: Mapping[str, str]) -> None:
        self.role = role
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._back_off = FIRST_BACK_OFF_SECONDS

    def look(self) -> None:
        """Start the process if it is time to, and notice its end."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self._start(now)
            return
        code = self._process.poll()
        if code is None:
            return
        if now - self._started_at >= STEADY_SECONDS:
            self._back_off = FIRST_BACK_OFF_SECONDS
        log.warning("writeoff.child.died", role=self.role, code=code, again_in_seconds=self._back_off)
        self._process = None
        self._start_at = now + self._back_off
        self._back_off = min(self._back_off * 2, LONGEST_BACK_OFF_SECONDS)

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the end until a moment of the monotonic clock, then kill."""
        if self._process is None:
            return
        try:
            code = self._process.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
            log.warning("writeoff.child.killed", role=self.role, after_seconds=GRACE_SECONDS)
        log.info("writeoff.child.stopped", role=self.role, code=code)
        self._process = None

    def _start(self, now: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this Python and a role of ours
            bound_to_this_process([sys.executable, "-m", "workers", self.role]),
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to pass on, in order
        )
        self._started_at = now
        log.info("writeoff.child.started", role=self.role, pid=self._process.pid)


class Children:
    """One process a role. To be used by one thread that lives on: the children die with it (prctl(2))."""

    def __init__(self, settings: Settings, roles: Iterable[str]) -> None:
        environment = {**os.environ, **environment_of(settings)}
        self._children = {role: Child(role, environment) for role in roles}

    def run(self, stop: threading.Event, order: Sequence[Sequence[str]]) -> None:
        """Keep every child running until `stop`, then stop them round by round."""
        try:
            while not stop.is_set():
                for child in self._children.values():
                    child.look()
                stop.wait(LOOK_SECONDS)
        finally:
            for roles in order:
                self._end([self._children[role] for role in roles])

    @staticmethod
    def _end(children: Sequence[Child]) -> None:
        for child in children:
            child.ask_to_stop()
        until = time.monotonic() + GRACE_SECONDS
        for child in children:
            child.wait(until)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return settings as the environment variables that make the same ones in a child."""
    prefix = str(settings.model_config["env_prefix"])
    return {
        f"{prefix}{name}".upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name in type(settings).model_fields
        if (value := getattr(settings, name)) is not None
    }
