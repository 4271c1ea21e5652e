"""Everything in one process: an SQLite file, a Valkey of our own, and every role as threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from workers.bootstrap import Parts, connect
from workers.embedded.embedding import embedding
from workers.hints import tasks
from workers.roles.heartbeat import Heartbeat
from workers.roles.running import STOP_TIMEOUT_MS, install, loop, start_worker
from workers.scheduling.settling import settle, to_do
from workers.settings import Settings

#: How long a role's thread may take to end its step.
JOIN_SECONDS = 30.0


class Embedded:
    """A running installation in this process. `start` is its context."""

    def __init__(self, parts: Parts, tasks_url: str) -> None:
        self.parts = parts
        self.broker_url = parts.broker_url
        self._stop_relay = threading.Event()
        heartbeat = Heartbeat(parts.settings.heartbeat_file)
        self._threads = {
            name: threading.Thread(
                target=loop,
                args=(parts.role(name), stop, heartbeat, parts.watchdog),
                name=name,
                daemon=True,
            )
            for name, stop in (
                ("intake", parts.stop),
                ("scheduler", parts.stop),
                ("relay", self._stop_relay),
            )
        }
        self._tasks = tasks.connect(tasks_url, consuming=True)
        self._worker = start_worker(parts, self._tasks)
        parts.watchdog.start()
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
        settle(self.to_do, timeout_seconds, ring=lambda: self.parts.bell.ring("scheduler"), watch=watch)

    def to_do(self) -> dict[str, int]:
        """Count what there is to do now, by what it is; empty when all is done. Paused kinds do not count."""
        return to_do(self.parts.database, self.broker_url)

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
