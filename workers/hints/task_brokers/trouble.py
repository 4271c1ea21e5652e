"""The tasks broker is away: said once in a while, and never worth stopping for."""

import threading
import time

import structlog

from writeoff.errors import WriteoffError

log = structlog.get_logger()

#: Ten consumers notice an outage at once, again and again; one line in this time tells it all.
SAY_AGAIN_SECONDS = 10.0


class TasksUnavailable(WriteoffError):
    """Dramatiq's broker does not take hints; the scheduler sends them again when it does."""


class Trouble:
    """Tells of an outage in one line for all threads, and when it is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_at: float | None = None

    def tell(self, error: Exception) -> None:
        """Say that the broker is away, unless that was said just now."""
        with self._lock:
            now = time.monotonic()
            if self._said_at is not None and now - self._said_at < SAY_AGAIN_SECONDS:
                return
            self._said_at = now
        log.warning("writeoff.tasks.waiting", reason=f"{type(error).__name__}: {error}")

    def over(self) -> None:
        """Say that the broker is back, if it was away."""
        if self._said_at is None:
            return
        with self._lock:
            was_away, self._said_at = self._said_at is not None, None
        if was_away:
            log.info("writeoff.tasks.back")
