"""`python -m benchmarks.embedded ACCOUNTS`: one process on an SQLite file and a Valkey of its own.

What an installation without servers does with requests for write-offs: taken, decided and run up to the
outbox, every commit on the disk; then what the relay publishes to Valkey through its pipeline. The roles take
turns in one thread, as they do in one interpreter. Prints what it measured as JSON.
"""

import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from pydantic import SecretStr

from proving.speed import policy
from proving.speed.installation import TODAY, command
from proving.speed.measuring import REQUEST_KEY, SNAPSHOT_KEY
from proving.speed.portfolio import single_requests, snapshots
from store.engine.database import Database
from store.opcos import set_business_date
from store.work.events import EventKey
from store.work.requests import RequestKey
from workers.bootstrap import Parts
from workers.brokers import connect_outbound
from workers.embedded.embedding import embedding
from workers.roles.garbage import collect_rarely
from workers.roles.logs import configure
from workers.settings import Settings
from writeoff.value import Value

_WARM_UP = 200
#: Looks at the queues that find nothing, after which all has been taken.
_LOOKS = 2
#: Messages a wait for Valkey when the benchmark itself publishes.
_BATCH = 1_000


class Embedded(Value, frozen=True, kw_only=True):
    """What one process did: events a second up to the outbox, and messages a second from there to Valkey."""

    accounts: int
    events: int
    events_a_second: float
    messages: int
    messages_a_second: float
    #: Of this process, until the outbox.
    cpu_per_1000: float


class _Hints:
    """Keeps nudges for this thread; there is nobody else to wake."""

    def __init__(self) -> None:
        self.sets: deque[tuple[str, Sequence[EventKey]]] = deque()

    def events(self, kind: str, keys: Sequence[EventKey]) -> None:
        """Run them later."""
        self.sets.append((kind, keys))

    def expand(self, key: RequestKey) -> None:
        """Single requests have nothing to expand."""

    def timers(self) -> None:
        """Nothing waits for a timer."""


def measure(accounts: int) -> Embedded:
    """Measure in a process of its own, which has nothing in memory yet."""
    arguments = [sys.executable, "-m", "benchmarks.embedded", str(accounts)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the embedded installation ended badly: {done.stderr[-2_000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Embedded)


def main(accounts: int) -> None:
    """Set up, warm up, measure."""
    with tempfile.TemporaryDirectory(prefix="writeoff-embedded-") as name:
        folder = Path(name)
        settings = Settings(auth="open", policy_dir=policy.write(folder), data_dir=folder / "data")
        configure(settings)
        with embedding(settings) as places:
            installation = _Installation(places.settings)
            installation.run("warm", _WARM_UP)
            print(msgspec.json.encode(installation.run("one", accounts)).decode())
            installation.parts.close()


class _Installation:
    """Every role of one process."""

    def __init__(self, settings: Settings) -> None:
        self._hints = _Hints()
        self.parts = Parts(
            settings,
            database=Database(_url(settings.database_url), by_keys=True),
            broker_url=_url(settings.broker_url),
            nudger=self._hints,
        )
        self.parts.install()
        with self.parts.database.begin() as tx:
            set_business_date(tx, None, TODAY)
        self._intake, self._executor, self._relay = (
            self.parts.intake(),
            self.parts.executor(),
            self.parts.relay(),
        )
        collect_rarely()

    def run(self, name: str, accounts: int) -> Embedded:
        """Load accounts, publish a request for each, and do what follows."""
        self._publish(snapshots(name, accounts), SNAPSHOT_KEY)
        self._take()
        self._send()
        self._publish(single_requests(name, accounts), REQUEST_KEY)
        before, used = self._completed(), time.process_time()
        until_outbox = _seconds(self._take) + _seconds(self._execute)
        used = time.process_time() - used
        events = self._completed() - before
        waiting = self._count("SELECT count(*) FROM outbox")
        sending = _seconds(self._send)
        return Embedded(
            accounts=accounts,
            events=events,
            events_a_second=events / until_outbox,
            messages=waiting,
            messages_a_second=waiting / sending,
            cpu_per_1000=used / events * 1_000,
        )

    def _publish(self, bodies: Iterable[bytes], routing_key: str) -> None:
        channel = connect_outbound(self.parts.broker_url, self.parts.topology)
        messages = [command(str(number), body, routing_key) for number, body in enumerate(bodies)]
        for start in range(0, len(messages), _BATCH):
            channel.publish(messages[start : start + _BATCH])
        channel.close()

    def _take(self) -> None:
        idle = 0
        while idle < _LOOKS:
            idle = 0 if self._intake.step().done else idle + 1

    def _execute(self) -> None:
        while self._hints.sets:
            kind, keys = self._hints.sets.popleft()
            self.parts.signals.send(self._executor.run(kind, keys).nudges)

    def _send(self) -> None:
        while self._relay.step().done:
            pass

    def _completed(self) -> int:
        return self._count("SELECT count(*) FROM events WHERE status = 'complete'")

    def _count(self, sql: str) -> int:
        with self.parts.database.read() as tx:
            return int(tx.connection.exec_driver_sql(sql).scalar_one())


def _url(embedded: SecretStr | None) -> str:
    return embedded.get_secret_value() if embedded else ""


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]))
