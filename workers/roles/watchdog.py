"""Ends a process whose step hangs: a supervisor starts it again, and what it held is found by the others."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from writeoff.value import Value

log = structlog.get_logger()

#: The exit code of a process that the watchdog ended: EX_SOFTWARE of <sysexits.h>, which no role returns.
STUCK = 70
#: How often it looks: a hang of minutes is not noticed much later than it could be.
LOOK_SECONDS = 5.0
#: A look that comes so much later than it should: the whole process was stopped, and no step was to blame.
LATE_FACTOR = 3.0


class _Step(Value, frozen=True, kw_only=True):
    name: str
    alive_at: float


def leave(code: int) -> None:
    """End this process at once: a thread that hangs would keep it for ever."""
    sys.stderr.flush()
    os._exit(code)


class Watchdog:
    """Knows the steps that run in this process, one a thread, and when each gave its last sign of life.

    A step that begins and a transaction that is tried are signs of life, whether it succeeds or not: waiting
    for a server that is away is no hanging. Statements, confirms and locks have timeouts far shorter.
    """

    def __init__(
        self,
        stuck_seconds: float,
        *,
        leave: Callable[[int], None] = leave,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stuck_seconds = stuck_seconds
        self._leave = leave
        self._clock = clock
        self._steps: dict[int, _Step] = {}
        self._every = min(LOOK_SECONDS, stuck_seconds / 4)
        self._looked_at = clock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on, in a thread that ends with the process, or when it is stopped."""
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Watch what this thread does in the block."""
        thread = threading.get_ident()
        self._steps[thread] = _Step(name=name, alive_at=self._clock())
        try:
            yield
        finally:
            self._steps.pop(thread, None)

    def pulse(self) -> None:
        """Give a sign of life of the step that this thread is in, if it is in one."""
        thread = threading.get_ident()
        step = self._steps.get(thread)
        if step is not None:
            self._steps[thread] = _Step(name=step.name, alive_at=self._clock())

    def look(self) -> None:
        """End the process if a step has given no sign of life for too long; where it hangs is logged."""
        now = self._clock()
        late = now - self._looked_at > LATE_FACTOR * self._every
        self._looked_at = now
        for thread, step in list(self._steps.items()):
            if late:
                self._steps[thread] = _Step(name=step.name, alive_at=now)
            elif now - step.alive_at > self._stuck_seconds:
                frame = sys._current_frames().get(thread)  # noqa: SLF001 - Python's own way, as named as it is
                where = traceback.format_stack(frame) if frame is not None else []
                log.critical(
                    "writeoff.role.stuck",
                    step=step.name,
                    seconds=round(now - step.alive_at),
                    where="".join(where),
                )
                self._leave(STUCK)

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self.look()
