"""An installation of real processes on real servers, as operations run it, and what its neighbours do."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from messages.destinations import outbound
from store import opcos as opco_store
from store.engine.database import Database
from store.engine.errors import StoreUnavailable
from store.engine.migrating import upgrade
from tests.support.processes import PATIENCE_SECONDS, Process, eventually
from workers import brokers
from workers.bootstrap import policies
from workers.brokers import BrokerUnavailable
from workers.hints import tasks
from workers.hints.tasks import DramatiqNudger
from workers.scheduling.settling import to_do

ROLES = ("intake", "scheduler", "worker", "relay")
#: The business date of the examples.
TODAY = date(2026, 11, 3)


class Installation:
    """One database, one broker, one tasks broker, and any number of processes on them."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str,
        broker_url: str,
        tasks_url: str,
        policy_dir: Path | None = None,
    ) -> None:
        self.folder = folder
        self.broker_url = broker_url
        self.settings = {
            "WRITEOFF_DATABASE_URL": database_url,
            "WRITEOFF_BROKER_URL": broker_url,
            "WRITEOFF_TASKS_URL": tasks_url,
        }
        if policy_dir is not None:
            self.settings["WRITEOFF_POLICY_DIR"] = str(policy_dir)
        self.policies = policies(policy_dir)
        self.processes: dict[str, Process] = {}
        self._starts: dict[str, int] = {}
        upgrade(database_url)
        self.database = Database(database_url)
        with self.database.begin() as tx:
            opco_store.install_policies(tx, self.policies)
        self.set_date(TODAY)

    def start(self, *roles: str) -> None:
        """Start processes, and wait until each is at work."""
        for role in roles:
            self._starts[role] = self._starts.get(role, 0) + 1
            self.processes[role] = Process.role(role, self.settings, self.folder / f"{role}.log")
        for role in roles:
            self.processes[role].wait_for("writeoff.role.started", self._starts[role])

    def close(self) -> None:
        for process in self.processes.values():
            if process.running():
                process.kill()
        self.database.close()

    def set_date(self, to: date) -> None:
        with self.database.begin() as tx:
            opco_store.set_business_date(tx, None, to)

    def publish(self, *events: Mapping[str, Any]) -> None:
        """Publish as upstream systems do: again and again until the broker has it."""
        eventually(lambda: publish(self.broker_url, events), "a broker that takes messages")

    def settle(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until there is nothing to do."""
        left: dict[str, int] = {"anything": 1}

        def done() -> bool:
            nonlocal left
            left = to_do(self.database, self.broker_url)
            return not left and not to_do(self.database, self.broker_url)

        eventually(done, f"settled; left is {left}", seconds)

    def nudger(self) -> DramatiqNudger:
        return DramatiqNudger(tasks.connect(self.settings["WRITEOFF_TASKS_URL"]))

    def read(self) -> dict[str, list[dict[str, Any]]]:
        """Read every consumer's queue to its end, acknowledging as a consumer does."""
        agencies = sorted({code for policy in self.policies for code in policy.agencies})
        names = [queue.name for queue in outbound(agencies)]
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        channel = brokers.connect_inbound(self.broker_url, names)
        try:
            while deliveries := channel.take(1000, 64 << 20, 0.5):
                for each in deliveries:
                    found[each.queue].append(json.loads(each.body))
                channel.acknowledge(deliveries)
        finally:
            channel.close()
        return found

    def select(self, sql: str) -> list[dict[str, Any]]:
        for last in (False, True):
            try:
                with self.database.read() as tx:
                    return [dict(row) for row in tx.connection.exec_driver_sql(sql).mappings()]
            except StoreUnavailable:
                if last:
                    raise
                self.database.close()  # connections of before an outage
        raise AssertionError

    def assert_calm(self, roles: Iterable[str] = ROLES) -> None:
        """Every line of every log is one fact in JSON, and none is an exception."""
        for role in roles:
            for fact in self.processes[role].facts():
                assert "exception" not in fact, fact["exception"]
                assert fact["event"].startswith("writeoff."), fact


def publish(broker_url: str, events: Iterable[Mapping[str, Any]]) -> bool:
    """Publish over one connection; tell whether the broker has confirmed every message."""
    messages = [brokers.inbound_message(event, "structured") for event in events]
    try:
        channel = brokers.connect_outbound(broker_url, brokers.Topology())
        try:
            return not channel.publish(messages).refused
        finally:
            channel.close()
    except BrokerUnavailable:
        return False


@contextmanager
def installation(folder: Path, **urls: Any) -> Iterator[Installation]:
    """An installation whose processes end with the block."""
    installed = Installation(folder, **urls)
    try:
        yield installed
    finally:
        installed.close()
