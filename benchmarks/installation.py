"""A private installation to measure: servers on free ports, roles as real processes, torn down afterwards."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from importlib import resources
from pathlib import Path

from store.database import Database
from store.migrating import upgrade
from store.opcos import set_business_date
from tests.servers.postgresql import PostgreSQL
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.valkey import Valkey
from workers.bootstrap import policies
from workers.brokers import Outgoing, connect_outbound, contract_topology, declare
from writeoff.policy.model import Policy

#: Two workers: one interpreter uses one core.
ROLES = ("intake", "scheduler", "relay", "worker-1", "worker-2")
#: Looks at progress cost the database what they measure: so few, at the price of 0.2 s of precision.
POLL_SECONDS = 0.2
#: Messages a wait for confirms when the benchmark itself publishes.
_BATCH = 1_000
_RUN = "from operations.cli import main; main()"


class Installation:
    """Servers, database, processes."""

    def __init__(self, postgresql: PostgreSQL, rabbitmq: RabbitMQ, valkey: Valkey, folder: Path) -> None:
        self.servers = {"postgresql": postgresql, "rabbitmq": rabbitmq, "valkey": valkey}
        self.database_url = postgresql.create_database("bench")
        self.broker_url = rabbitmq.create_database("bench")
        self.tasks_url = valkey.create_database("bench")
        self.folder = folder
        self.policy_dir = _policy_of_six_events(folder)
        upgrade(self.database_url)
        self.database = Database(self.database_url)
        declare(self.broker_url, contract_topology(_agencies(policies(self.policy_dir))))
        self.topology = contract_topology(())
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, roles: Iterable[str] = ROLES) -> None:
        """Start roles, each a process of its own with a log of its own."""
        environment = {
            **os.environ,
            "WRITEOFF_DATABASE_URL": self.database_url,
            "WRITEOFF_BROKER_URL": self.broker_url,
            "WRITEOFF_TASKS_URL": self.tasks_url,
            "WRITEOFF_POLICY_DIR": str(self.policy_dir),
            "WRITEOFF_LOG_FORMAT": "json",
        }
        for role in roles:
            log = (self.folder / f"{role}.log").open("ab")
            self.processes[role] = subprocess.Popen(
                [sys.executable, "-c", _RUN, "run", role.partition("-")[0]],
                env=environment,
                stderr=log,
                stdout=log,
            )

    def publish(self, bodies: Iterable[bytes], routing_key: str) -> None:
        """Publish to the `pulse` exchange, in confirmed batches."""
        channel = connect_outbound(self.broker_url, self.topology)
        batch: list[Outgoing] = []
        try:
            for number, body in enumerate(bodies):
                batch.append(_outgoing(str(number), body, routing_key))
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

    def wait_until(self, sql: str, expected: int, seconds: float) -> None:
        """Wait until a query returns what is expected."""
        deadline = time.monotonic() + seconds
        while self.count(sql) != expected:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sql}: {self.count(sql)} after {seconds} s, expected {expected}")
            dead = [role for role, process in self.processes.items() if process.poll() is not None]
            if dead:
                raise RuntimeError(f"{', '.join(dead)} ended; see {self.folder}")
            time.sleep(POLL_SECONDS)

    def cpu_seconds(self) -> dict[str, float]:
        """Return CPU seconds used so far, by process; a server's children count with it."""
        used = {role: _cpu([process.pid]) for role, process in self.processes.items()}
        for name, server in self.servers.items():
            used[name] = _cpu(_family(int((server.folder / "guardian.pid").read_text())))
        return used

    def fix_business_date(self) -> None:
        """Let every event of day 0 be due whatever the clock says."""
        with self.database.begin() as tx:
            set_business_date(tx, None, date(2026, 11, 3))

    def stop(self) -> None:
        """Stop the roles."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        self.database.close()


@contextmanager
def installation() -> Iterator[Installation]:
    """Bring everything up, and down again."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-bench-")))
        servers = [stack.enter_context(server()) for server in (PostgreSQL, RabbitMQ, Valkey)]
        place = Installation(*servers, folder)  # type: ignore[arg-type]
        stack.callback(place.stop)
        yield place


def _outgoing(name: str, body: bytes, routing_key: str) -> Outgoing:
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


def _policy_of_six_events(folder: Path) -> Path:
    """Write Rwanda's policy with one more event in `immediate`: six an account."""
    text = (resources.files("writeoff.policy") / "defaults" / "RW.toml").read_text("utf-8")
    target = folder / "policies"
    target.mkdir()
    (target / "RW.toml").write_text(_with_sixth_event(text))
    return target


def _with_sixth_event(text: str) -> str:
    head, mark, tail = text.partition("[templates.immediate]")
    last = '{ sequence = 50, event_type = "TO-DO", days = 0 },'
    sixth = '{ sequence = 60, event_type = "CANCEL-REFERRAL", days = 0 },'
    return head + mark + tail.replace(last, f"{last}\n    {sixth}", 1)


def _agencies(found: Iterable[Policy]) -> list[str]:
    return sorted({code for policy in found for code in policy.agencies})


def _cpu(pids: Iterable[int]) -> float:
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family = [root]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family
