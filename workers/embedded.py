"""Everything in one process: an SQLite file, a Valkey of our own, and every role as threads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import structlog

from messages.destinations import INBOUND, UNDELIVERED
from store import events, outbox, requests, timers
from store import opcos as opco_store
from workers import brokers, tasks
from workers.bootstrap import Parts, connect
from workers.embedding import embedding
from workers.roles import STOP_TIMEOUT_MS, install, loop, start_worker
from workers.settings import Settings
from writeoff.errors import WriteoffError

log = structlog.get_logger()

#: Seconds between looks at whether everything is done; each look costs a few milliseconds.
LOOK_SECONDS = 0.02
#: Looks in a row that must find nothing: one alone may miss a message that is just being taken.
QUIET_LOOKS = 2
#: Seconds between wake-ups of the scheduler while something is left: what a new date brings, it alone finds.
RING_SECONDS = 0.25
#: How long a role's thread may take to end its step.
JOIN_SECONDS = 30.0


class NotSettled(WriteoffError):
    """There was still something to do when the time was up."""

    def __init__(self, left: dict[str, int], seconds: float) -> None:
        super().__init__(f"after {seconds:g} s there is still to do: {left}")
        self.left = left


class Embedded:
    """A running installation in this process. `start` is its context."""

    def __init__(self, parts: Parts, tasks_url: str) -> None:
        self.parts = parts
        self.broker_url = parts.broker_url
        self._stop_relay = threading.Event()
        self._threads = {
            name: threading.Thread(target=loop, args=(parts.role(name), stop), name=name, daemon=True)
            for name, stop in (
                ("intake", parts.stop),
                ("scheduler", parts.stop),
                ("relay", self._stop_relay),
            )
        }
        self._tasks = tasks.connect(tasks_url, consuming=True)
        self._worker = start_worker(parts, self._tasks)
        for thread in self._threads.values():
            thread.start()

    @classmethod
    @contextmanager
    def start(cls, data_dir: Path, settings: Settings) -> Iterator[Self]:
        """Run everything with its data in a folder until the block ends, whatever URLs the settings have.

        Raises what `embedding` raises, and `PolicyInvalid`.
        """
        nowhere = {"data_dir": data_dir, "database_url": None, "broker_url": None, "tasks_url": None}
        with (
            embedding(settings.model_copy(update=nowhere)) as places,
            cls.running(places.settings) as running,
        ):
            yield running

    @classmethod
    @contextmanager
    def running(cls, settings: Settings, stop: threading.Event | None = None) -> Iterator[Self]:
        """Run every role in this process, with the URLs of the settings, until the block ends."""
        parts = connect(settings, stop)
        install(parts)
        running = cls(parts, settings.tasks_url.get_secret_value() if settings.tasks_url else "")
        try:
            yield running
        finally:
            running._end()

    def settle(
        self, timeout_seconds: float, watch: Callable[[dict[str, int]], None] = lambda _left: None
    ) -> None:
        """Wait until nothing is left to do on this business date. Raises `NotSettled`.

        `watch` is told at each look what is left.
        """
        deadline = time.monotonic() + timeout_seconds
        ring_at = 0.0
        quiet = 0
        while quiet < QUIET_LOOKS:
            left = self.to_do()
            quiet = 0 if left else quiet + 1
            watch(left)
            now = time.monotonic()
            if left and now > deadline:
                raise NotSettled(left, timeout_seconds)
            if left and now > ring_at:
                self.parts.bell.ring("scheduler")
                ring_at = now + RING_SECONDS
            time.sleep(LOOK_SECONDS)

    def to_do(self) -> dict[str, int]:
        """Count what there is to do now, by what it is; empty when all is done. Paused kinds do not count."""
        # The queues first: what has left them is in the database.
        names = [queue.name for queue in (*INBOUND, UNDELIVERED)]
        depths = brokers.queue_depths(self.broker_url, names)
        counts = {name: (each.ready or 0) + (each.unacknowledged or 0) for name, each in depths.items()}
        with self.parts.database.read() as tx:
            today = {opco.opco: opco.today for opco in opco_store.now(tx).values()}
            paused = events.paused(tx)
            due = events.due_by_kind(tx, today)
            counts |= {kind: count for kind, count in due.items() if kind not in paused}
            counts["requests"] = len(requests.unexpanded(tx, 1))
            counts["timers"] = len(timers.due(tx, today, 1))
            counts |= {f"to {each.destination}": each.messages for each in outbox.backlog(tx)}
        return {name: count for name, count in counts.items() if count}

    def _end(self) -> None:
        """Stop taking, finish, publish what is left, let go."""
        self.parts.stop.set()
        self.parts.bell.ring("scheduler")
        self._threads["intake"].join(JOIN_SECONDS)
        self._threads["scheduler"].join(JOIN_SECONDS)
        self._worker.stop(timeout=STOP_TIMEOUT_MS)
        self._stop_relay.set()
        self.parts.bell.ring("relay")
        self._threads["relay"].join(JOIN_SECONDS)
        self._tasks.close()
        self.parts.close()
