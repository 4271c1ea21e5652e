"""Hints between roles: nudges to the actors, wake-ups to the others. Losing any of them loses nothing."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import structlog

from store.crash_points import reached
from store.work.events import EventKey
from store.work.requests import RequestKey
from workers.sets.effects import Nudges

log = structlog.get_logger()

#: Events a nudge: one set of the executor.
EVENTS_A_SET = 500


class Nudger(Protocol):
    """Tells actors that there may be work. A nudge may be lost or come twice."""

    def events(self, kind: str, keys: Sequence[EventKey]) -> None:
        """Events of a kind may be due."""
        ...

    def expand(self, key: RequestKey) -> None:
        """A request has accounts to decide."""
        ...

    def timers(self) -> None:
        """Timers may be due."""
        ...


class Bell(Protocol):
    """Wakes a role that waits, in this process or another."""

    def ring(self, role: str) -> None:
        """Wake the role, or let its next wait return at once."""
        ...

    def wait(self, role: str, seconds: float) -> bool:
        """Wait until the role is woken, at most so long; tell whether it was."""
        ...


class ThreadBell:
    """Wakes roles that are threads of this process."""

    def __init__(self) -> None:
        self._rung: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def ring(self, role: str) -> None:
        """Wake the role."""
        self._event(role).set()

    def wait(self, role: str, seconds: float) -> bool:
        """Wait to be woken."""
        event = self._event(role)
        rung = event.wait(seconds)
        event.clear()
        return rung

    def _event(self, role: str) -> threading.Event:
        with self._lock:
            return self._rung.setdefault(role, threading.Event())


class Signals:
    """What follows a commit: nudges for what may run next, and a bell for the relay."""

    def __init__(self, nudger: Nudger, bell: Bell) -> None:
        self.nudger = nudger
        self.bell = bell

    def send(self, nudges: Nudges) -> None:
        """Pass on what a transaction made possible. Never raises: the scheduler and the relay find it again.

        The bell goes first: nobody waits for it, and what it stands for is nearly there.
        """
        with _lossy("writeoff.bell.lost"):
            if nudges.messages:
                self.bell.ring("relay")
                reached("signals.rung")
        with _lossy("writeoff.nudge.lost"):
            for kind, keys in nudges.events.items():
                for part in sets_of(keys):
                    self.nudger.events(kind, part)
                    reached("signals.nudged")
            for key in nudges.requests:
                self.nudger.expand(key)
                reached("signals.nudged")


@contextmanager
def _lossy(event: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a lost hint is no loss
        log.warning(event, reason=str(error))


def sets_of(keys: Sequence[EventKey]) -> Iterator[Sequence[EventKey]]:
    """Cut keys into sets of the executor's size."""
    for start in range(0, len(keys), EVENTS_A_SET):
        yield keys[start : start + EVENTS_A_SET]
