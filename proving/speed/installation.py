"""An installation to measure: roles as real processes, in places that somebody else makes and drops."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from messages.destinations import WRITEOFF
from proving.speed import policy, processes
from proving.speed.emptying import empty
from proving.speed.portfolio import OPCO
from store.engine.database import Database
from store.engine.migrating import upgrade
from store.opcos import install_policies, set_business_date
from workers.bootstrap import policies
from workers.brokers import Outgoing, connect_outbound, contract_topology, declare, queue_depths
from workers.roles.bound import bound_to_this_process
from writeoff.value import Value

#: What of the user's own settings a measurement keeps: the rest would be of the installation that is live.
_KEPT = frozenset({"WRITEOFF_WORKER_THREADS", "WRITEOFF_LOG_LEVEL"})
#: Looks at progress cost the database what they measure: so few, at the price of 0.2 s of precision.
POLL_SECONDS = 0.2
#: However much seems to be left, a process that has died is noticed soon.
_LONGEST_POLL_SECONDS = 5.0
#: Messages a wait for confirms when the benchmark itself publishes.
_BATCH = 1_000
#: Longest wait for anything.
TIMEOUT_SECONDS = 600.0
_COMMAND_LINE = "from operations.cli import main; main()"
#: Every event of day 0 is due on it, whatever the clock says.
TODAY = date(2026, 11, 3)


def roles(*, workers: int = 2, relays: int = 1) -> tuple[str, ...]:
    """Return the processes to start. Two workers are usual: one interpreter uses one core."""
    several = (f"relay-{number}" for number in range(1, relays + 1))
    return (
        *("intake", "scheduler"),
        *(several if relays > 1 else ("relay",)),
        *(f"worker-{number}" for number in range(1, workers + 1)),
    )


ROLES = roles()


class Urls(Value, frozen=True, kw_only=True):
    """Where an installation's database, messages and tasks are."""

    database: str
    broker: str
    tasks: str


class Installation:
    """Database, queues, processes."""

    def __init__(
        self, urls: Urls, folder: Path, name: str, *, opco: str = OPCO, letter_first: bool = False
    ) -> None:
        """`folder`: where its own is made, with logs. `letter_first`: the letter waits for nothing."""
        self.name = name
        self.opco = opco
        self.database_url, self.broker_url, self.tasks_url = urls.database, urls.broker, urls.tasks
        self.folder = folder / name
        self.folder.mkdir()
        self.policy_dir = policy.write(self.folder, opco=opco, letter_first=letter_first)
        upgrade(self.database_url)
        self.database = Database(self.database_url)
        installed = policies(self.policy_dir)
        with self.database.begin() as tx:
            install_policies(tx, installed)
        self.topology = contract_topology(sorted({code for each in installed for code in each.agencies}))
        declare(self.broker_url, self.topology)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, roles: Iterable[str] = ROLES) -> None:
        """Start roles, each a process of its own with a log of its own."""
        for role in roles:
            command = [sys.executable, "-m", "workers", role.partition("-")[0]]
            self.spawn(role, command, self.environment(), folder=self.folder)

    def environment(self) -> dict[str, str]:
        """Return what a role of this installation is told."""
        return {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("WRITEOFF_") or name in _KEPT
            },
            "WRITEOFF_AUTH": "open",
            "WRITEOFF_DATABASE_URL": self.database_url,
            "WRITEOFF_BROKER_URL": self.broker_url,
            "WRITEOFF_TASKS_URL": self.tasks_url,
            "WRITEOFF_POLICY_DIR": str(self.policy_dir),
            "WRITEOFF_LOG_FORMAT": "json",
        }

    def spawn(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        """Start a process that this installation counts and stops. It ends with this one, come what may."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - this Python and a module of ours
                bound_to_this_process(command),
                env=dict(environment),
                cwd=folder,  # a `.env` where we are would be of the installation that is live
                stderr=log,
                stdout=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is ours, and so is the end of what we have started
            )

    def writeoff(self, *arguments: str) -> None:
        """Run a command of the command line; raises `RuntimeError` with what it said when it ends badly."""
        done = subprocess.run(  # noqa: S603 - as above
            self.command_line(*arguments),
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"writeoff {' '.join(arguments)}: {done.returncode} {done.stdout}{done.stderr}"
            )

    @staticmethod
    def command_line(*arguments: str) -> list[str]:
        """Return the command line's words for a subprocess."""
        return [sys.executable, "-c", _COMMAND_LINE, *arguments]

    def publish(self, bodies: Iterable[bytes], routing_key: str) -> None:
        """Publish to the `pulse` exchange, in confirmed batches."""
        channel = connect_outbound(self.broker_url, self.topology)
        batch: list[Outgoing] = []
        try:
            for number, body in enumerate(bodies):
                batch.append(command(str(number), body, routing_key))
                if len(batch) == _BATCH:
                    channel.publish(batch)
                    batch = []
            if batch:
                channel.publish(batch)
        finally:
            channel.close()

    def count(self, sql: str) -> int:
        """Return one number from the database."""
        with self.database.read() as tx:
            return int(tx.connection.exec_driver_sql(sql).scalar_one())

    def wait_until(
        self, sql: str, expected: int, seconds: float = TIMEOUT_SECONDS, *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        """Wait until a query returns what is expected."""
        self.wait_for(lambda: self.count(sql) == expected, f"{sql} = {expected}", seconds, poll_seconds)

    def wait_until_counted(self, sql: str, expected: int) -> None:
        """Wait until a query counts so many. It looks again after half of the time that the rest may take.

        Counting thousands costs the database what is measured: so it is done a dozen times, and often only at
        the end.
        """
        began = time.monotonic()
        found = 0

        def met() -> bool:
            nonlocal found
            found = self.count(sql)
            return found == expected

        def rest() -> float:
            passed = time.monotonic() - began
            seems = passed * (expected - found) / found if found else passed
            return min(max(seems / 2, POLL_SECONDS), _LONGEST_POLL_SECONDS)

        self.wait_for(met, f"{sql} = {expected}", poll_seconds=rest)

    def wait_for(
        self,
        met: Callable[[], bool],
        what: str,
        seconds: float = TIMEOUT_SECONDS,
        poll_seconds: float | Callable[[], float] = POLL_SECONDS,
    ) -> None:
        """Wait until something is so, as long as every process lives."""
        deadline = time.monotonic() + seconds
        while not met():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: not within {seconds} s: {what}; see {self.folder}")
            dead = [role for role, process in self.processes.items() if process.poll() is not None]
            if dead:
                raise RuntimeError(f"{', '.join(dead)} ended; see {self.folder}")
            time.sleep(poll_seconds() if callable(poll_seconds) else poll_seconds)

    def published(self) -> int:
        """Count the messages in the queues of the consumers: nothing takes them out but `empty_queues`."""
        depths = queue_depths(self.broker_url, self._consumers())
        return sum(depth.ready or 0 for depth in depths.values())

    def empty_queues(self) -> None:
        """Throw away what the consumers would have taken."""
        empty(self.broker_url, self._consumers())

    def cpu_seconds(self) -> dict[str, float]:
        """Return CPU seconds used so far, by process; a server's children count with it."""
        return {name: processes.cpu_seconds(pids) for name, pids in self._families().items()}

    def memory_mib(self) -> dict[str, float]:
        """Return memory by process; what several share is divided among them."""
        return {name: processes.memory_mib(pids) for name, pids in self._families().items()}

    def server_families(self) -> dict[str, list[int]]:
        """Return the processes of each server that is on this machine."""
        return {}

    def _families(self) -> dict[str, list[int]]:
        mine = {name: processes.family(process.pid) for name, process in self.processes.items()}
        return mine | self.server_families()

    def _consumers(self) -> list[str]:
        return [
            queue.name
            for queue in self.topology.queues
            if queue.bindings and queue.bindings[0].exchange == WRITEOFF
        ]

    def fix_business_date(self) -> None:
        """Let every event of day 0 be due whatever the clock says."""
        with self.database.begin() as tx:
            set_business_date(tx, None, TODAY)

    def stop(self) -> None:
        """Stop the processes; `start` begins anew."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def close(self) -> None:
        """Stop, and let go of the database."""
        self.stop()
        self.database.close()


def command(name: str, body: bytes, routing_key: str) -> Outgoing:
    """Return a message from Pulse."""
    return Outgoing(
        id=name,
        exchange="pulse",
        routing_key=routing_key,
        body=body,
        content_type="application/cloudevents+json",
        message_id=name,
        type=routing_key,
        timestamp=0,
    )
