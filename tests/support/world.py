"""The whole product in one process: every role's `step` called by hand, in any order, nudges as we like."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from messages.destinations import DEAD_LETTERS, INBOUND, UNDELIVERED, outbound
from store import opcos as opco_store
from store.engine.database import Database
from store.engine.migrating import upgrade
from store.work.events import EventKey
from store.work.requests import RequestKey
from tests.support.ageing import let_pass
from workers import brokers
from workers.bootstrap import Parts
from workers.brokers import Outgoing
from workers.hints.actors import Actors
from workers.hints.signals import ThreadBell
from workers.intake.step import Intake
from workers.relay import Relay
from workers.scheduling.scheduler import Scheduler
from workers.settings import Settings

#: What becomes of nudges: delivered, thrown away, or delivered twice.
Delivery = Literal["once", "never", "twice"]

#: Looks of the scheduler until everything has settled: more than any test has steps one after the other.
MOST_ROUNDS = 100


class Nudges:
    """A nudger that keeps hints until the world hands them to the actors."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.queue: list[tuple[str, Any]] = []

    def events(self, kind: str, keys: Sequence[EventKey]) -> None:
        self._add("events", (kind, [list(key) for key in keys]))

    def expand(self, key: RequestKey) -> None:
        self._add("expand", list(key))

    def timers(self) -> None:
        self._add("timers", None)

    def force(self, what: str, argument: Any) -> None:
        self.queue.append((what, argument))

    def _add(self, what: str, argument: Any) -> None:
        times = {"once": 1, "never": 0, "twice": 2}[self.delivery]
        self.queue += [(what, argument)] * times


_INBOUND = [queue.name for queue in (*INBOUND, UNDELIVERED)]


class World:
    """One installation. `publish` as Pulse does, `run` until nothing is left, `read` as a consumer does."""

    def __init__(
        self,
        database_url: str,
        broker_url: str,
        *,
        delivery: Delivery = "once",
        policy_dir: Path | None = None,
        business_date: date | None = date(2026, 11, 3),
    ) -> None:
        upgrade(database_url)
        self.nudges = Nudges(delivery)
        self.clock = 0.0
        #: Seconds until a queue counts as empty. Redis answers at once; RabbitMQ pushes when it gets to it.
        self.patience = 0.25 if broker_url.startswith("amqp") else 0.01
        self.parts = Parts(
            Settings(_env_file=None, policy_dir=policy_dir),
            database=Database(database_url, by_keys=True),
            broker_url=broker_url,
            nudger=self.nudges,
            bell=ThreadBell(),
        )
        self.parts.install()
        self.intake: Intake = self.parts.intake()
        self.relay: Relay = self.parts.relay()
        self.actors: Actors = self.parts.actors()
        self.scheduler = Scheduler(
            self.parts.database,
            self.parts.executor(),
            self.parts.signals,
            "world",
            patience_seconds=0.0,
            clock=lambda: self.clock,
        )
        if business_date is not None:
            self.set_date(business_date)

    @property
    def database(self) -> Database:
        return self.parts.database

    def set_date(self, to: date) -> None:
        with self.database.begin() as tx:
            opco_store.set_business_date(tx, None, to)

    def publish(
        self, *events: Mapping[str, Any], mode: Literal["structured", "binary"] = "structured"
    ) -> None:
        """Publish events as Pulse does, to the exchange and key of their types."""
        self._publish([brokers.inbound_message(event, mode) for event in events])

    def send(
        self,
        queue: str,
        *bodies: bytes,
        content_type: str = "application/cloudevents+json",
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        """Put bytes into a queue, whatever they are."""
        self._publish(
            [
                Outgoing(
                    id=str(number),
                    exchange="",
                    routing_key=queue,
                    body=body,
                    content_type=content_type,
                    headers=headers or {},
                    message_id=f"raw-{number}",
                    type="",
                    timestamp=1_800_000_000,
                )
                for number, body in enumerate(bodies)
            ]
        )

    def _publish(self, messages: Sequence[Outgoing]) -> None:
        channel = brokers.connect_outbound(self.parts.broker_url, brokers.Topology())
        try:
            refused = channel.publish(messages).refused
        finally:
            channel.close()
        if refused:
            raise AssertionError(f"the broker refused: {refused}")

    def take(self) -> int:
        """Let intake take what has arrived, until nothing more comes."""
        done = 0
        while (count := self.intake._take(self.patience).done) or self._ready(_INBOUND):
            done += count
        return done

    def act(self) -> None:
        """Hand every nudge to its actor, until none is left."""
        while self.nudges.queue:
            what, argument = self.nudges.queue.pop(0)
            if what == "events":
                self.actors.run_events(*argument)
            elif what == "expand":
                self.actors.expand(argument)
            else:
                self.actors.look_at_timers()

    def settle(self) -> None:
        """Run actors and scheduler until nothing is due. Actors' nudges may be lost, its own never."""
        for _ in range(MOST_ROUNDS):
            self.act()
            if not self.look() and not self.nudges.queue:
                return
        raise AssertionError("something is due for ever")

    def look(self) -> int:
        """Let the scheduler look once, long after its last look; its own nudges arrive at least once."""
        self.clock += 60.0
        delivery = self.nudges.delivery
        if delivery == "never":
            self.nudges.delivery = "once"
        try:
            return self.scheduler.step().done
        finally:
            self.nudges.delivery = delivery

    def run(self) -> None:
        """Take everything in, do everything that is due, publish everything."""
        self.take()
        self.settle()
        while self.relay.step().done:
            pass

    def run_days(self, start: date, days: int, step: int = 1) -> None:
        for day in range(0, days + 1, step):
            self.set_date(start + timedelta(days=day))
            self.run()

    def read(self) -> dict[str, list[dict[str, Any]]]:
        """Read every consumer's queue to its end, acknowledging as a consumer does."""
        agencies = sorted({code for policy in self.parts.policies for code in policy.agencies})
        names = [queue.name for queue in outbound(agencies)]
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        depths = brokers.queue_depths(self.parts.broker_url, names)
        there = [name for name in names if depths[name].ready is not None]
        channel = brokers.connect_inbound(self.parts.broker_url, there)
        try:
            while (deliveries := channel.take(1000, 64 << 20, self.patience)) or self._ready(there):
                for each in deliveries:
                    found[each.queue].append(json.loads(each.body))
                channel.acknowledge(deliveries)
        finally:
            channel.close()
        return found

    def select(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of a query, in PostgreSQL's and SQLite's common SQL."""
        with self.database.read() as tx:
            return [dict(row) for row in tx.connection.exec_driver_sql(statement).mappings()]

    def count(self, table: str, where: str = "1=1") -> int:
        return int(self.select(f"SELECT count(*) AS n FROM {table} WHERE {where}")[0]["n"])

    def _ready(self, names: Iterable[str]) -> int:
        """Count what waits: on a busy machine nobody's patience says that there is nothing."""
        return sum(each.ready or 0 for each in brokers.queue_depths(self.parts.broker_url, names).values())

    def depths(self) -> dict[str, int]:
        """Return how many messages wait or are unacknowledged in each inbound queue that has any."""
        found = brokers.queue_depths(self.parts.broker_url, _INBOUND)
        sums = {name: (depth.ready or 0) + (depth.unacknowledged or 0) for name, depth in found.items()}
        return {name: waiting for name, waiting in sums.items() if waiting}

    def age(self, seconds: float) -> None:
        """Let time pass by the database clock: leases, fences, back-offs and waits are that much older."""
        let_pass(self.database, seconds)

    def close(self) -> None:
        self.intake.close()
        self.relay.close()
        self.database.close()


__all__ = ["DEAD_LETTERS", "World"]
