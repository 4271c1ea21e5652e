"""A private installation to measure: servers on free ports, roles as real processes, torn down afterwards."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from kombu.connection import Connection

from benchmarks import policy, processes
from messages.destinations import WRITEOFF
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from store.database import Database
from store.migrating import upgrade
from store.opcos import install_policies, set_business_date
from workers.bootstrap import policies
from workers.brokers import Outgoing, connect_outbound, contract_topology, declare, queue_depths

#: Two workers: one interpreter uses one core.
ROLES = ("intake", "scheduler", "relay", "worker-1", "worker-2")
#: Looks at progress cost the database what they measure: so few, at the price of 0.2 s of precision.
POLL_SECONDS = 0.2
#: Messages a wait for confirms when the benchmark itself publishes.
_BATCH = 1_000
#: Longest wait for anything.
TIMEOUT_SECONDS = 600.0
_RUN = "from operations.cli import main; main()"


class Servers:
    """The servers that installations of one run share, each with a database, vhost and number of its own."""

    def __init__(self, postgresql: PostgreSQL, rabbitmq: RabbitMQ, valkey: Valkey) -> None:
        self.postgresql = postgresql
        self.rabbitmq = rabbitmq
        self.valkey = valkey

    def families(self) -> dict[str, list[int]]:
        """Return the processes of each server; its children belong to it."""
        named = {"postgresql": self.postgresql, "rabbitmq": self.rabbitmq, "valkey": self.valkey}
        return {
            name: processes.family(int((server.folder / "guardian.pid").read_text()))
            for name, server in named.items()
        }


class Installation:
    """Database, queues, processes."""

    def __init__(
        self,
        servers: Servers,
        folder: Path,
        name: str = "bench",
        *,
        tasks: str = "valkey",
        letter_first: bool = False,
    ) -> None:
        """`tasks`: the broker of tasks, valkey or rabbitmq. `letter_first`: the letter waits for nothing."""
        self.servers = servers
        self.name = name
        self.database_url = servers.postgresql.create_database(name)
        self.broker_url = servers.rabbitmq.create_database(name)
        of_tasks = servers.valkey if tasks == "valkey" else servers.rabbitmq
        self.tasks_url = of_tasks.create_database(f"{name}-tasks")
        self.folder = folder / name
        self.folder.mkdir()
        self.policy_dir = policy.write(self.folder, letter_first=letter_first)
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
            self.spawn(role, [sys.executable, "-c", _RUN, "run", role.partition("-")[0]], self.environment())

    def environment(self) -> dict[str, str]:
        """Return what a role of this installation is told."""
        return {
            **os.environ,
            "WRITEOFF_DATABASE_URL": self.database_url,
            "WRITEOFF_BROKER_URL": self.broker_url,
            "WRITEOFF_TASKS_URL": self.tasks_url,
            "WRITEOFF_POLICY_DIR": str(self.policy_dir),
            "WRITEOFF_LOG_FORMAT": "json",
        }

    def spawn(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a process that this installation counts, and stops."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, env=environment, stderr=log, stdout=log)

    def writeoff(self, *arguments: str) -> None:
        """Run a command of the command line; raises `RuntimeError` with what it said when it ends badly."""
        command = [sys.executable, "-c", _RUN, *arguments]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"writeoff {' '.join(arguments)}: {done.returncode} {done.stdout}{done.stderr}"
            )

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

    def wait_for(
        self,
        met: Callable[[], bool],
        what: str,
        seconds: float = TIMEOUT_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Wait until something is so, as long as every process lives."""
        deadline = time.monotonic() + seconds
        while not met():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: not within {seconds} s: {what}; see {self.folder}")
            dead = [role for role, process in self.processes.items() if process.poll() is not None]
            if dead:
                raise RuntimeError(f"{', '.join(dead)} ended; see {self.folder}")
            time.sleep(poll_seconds)

    def published(self) -> int:
        """Count the messages in the queues of the consumers: nothing takes them out but `empty_queues`."""
        depths = queue_depths(self.broker_url, self._consumers())
        return sum(depth.ready or 0 for depth in depths.values())

    def empty_queues(self) -> None:
        """Throw away what the consumers would have taken."""
        with Connection(self.broker_url) as connection:
            channel = connection.channel()
            for name in self._consumers():
                channel.queue_purge(name)

    def cpu_seconds(self) -> dict[str, float]:
        """Return CPU seconds used so far, by process; a server's children count with it."""
        return {name: processes.cpu_seconds(pids) for name, pids in self._families().items()}

    def memory_mib(self) -> dict[str, float]:
        """Return memory by process; what several share is divided among them."""
        return {name: processes.memory_mib(pids) for name, pids in self._families().items()}

    def _families(self) -> dict[str, list[int]]:
        mine = {name: processes.family(process.pid) for name, process in self.processes.items()}
        return mine | self.servers.families()

    def _consumers(self) -> list[str]:
        return [
            queue.name
            for queue in self.topology.queues
            if queue.bindings and queue.bindings[0].exchange == WRITEOFF
        ]

    def fix_business_date(self) -> None:
        """Let every event of day 0 be due whatever the clock says."""
        with self.database.begin() as tx:
            set_business_date(tx, None, date(2026, 11, 3))

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


@contextmanager
def servers() -> Iterator[tuple[Servers, Path]]:
    """Bring the servers up, and down again; with a folder for whatever else there is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-bench-")))
        started = Servers(
            stack.enter_context(PostgreSQL()), stack.enter_context(RabbitMQ()), stack.enter_context(Valkey())
        )
        yield started, folder


@contextmanager
def installation() -> Iterator[Installation]:
    """Bring everything up, and down again."""
    with servers() as (started, folder):
        place = Installation(started, folder)
        try:
            yield place
        finally:
            place.close()


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
