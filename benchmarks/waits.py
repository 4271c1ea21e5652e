"""What PostgreSQL's sessions wait for while something runs: looked at every 50 ms, from outside."""

import threading
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psycopg

#: A look takes under a millisecond; so many of them are a percent of one core at the most.
_EVERY_SECONDS = 0.05
_LOOK = """
    SELECT coalesce(wait_event_type || ': ' || wait_event, 'running'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' GROUP BY 1
"""
#: Waits that are no work: a relay that listens is active for a moment.
_CLIENT = "Client: "
#: Waits for rows, tables and transactions that others hold.
LOCK = "Lock: "


class Waits:
    """Samples of active sessions, by what they wait for; `running` waits for nothing but a core."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._seen: Counter[str] = Counter()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="waits", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def shares(self) -> Mapping[str, float]:
        """Return the share of each, the largest first."""
        total = self._seen.total()
        return {name: count / total for name, count in self._seen.most_common()}

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._ended.wait(_EVERY_SECONDS):
                for name, count in connection.execute(_LOOK).fetchall():
                    if not name.startswith(_CLIENT):
                        self._seen[name] += count
