"""The whole product in one process: every role's `step` called by hand, in any order, with nudges of our choice."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from messages.destinations import DEAD_LETTERS, outbound
from store import opcos as opco_store
from store.database import Database
from store.events import EventKey
from store.requests import RequestKey
from workers import brokers
from workers.actors import Actors
from workers.bootstrap import Parts
from workers.intake.step import Intake
from workers.relay import Relay
from workers.scheduler import Scheduler
from workers.settings import Settings
from workers.signals import ThreadBell

#: What becomes of nudges: delivered, thrown away, or delivered twice.
Delivery = Literal["once", "never", "twice"]


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
        from store.migrating import upgrade

        upgrade(database_url)
        self.nudges = Nudges(delivery)
        self.clock = 0.0
        self.parts = Parts(
            Settings(_env_file=None, policy_dir=policy_dir),
            database=Database(database_url),
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

    def publish(self, *events: Mapping[str, Any], mode: Literal["structured", "binary"] = "structured") -> None:
        for event in events:
            brokers.publish_inbound(self.parts.broker_url, event, mode)

    def take(self) -> int:
        """Let intake take what has arrived, until nothing more comes."""
        done = 0
        while count := self.intake._take(0.2).done:
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
        """Run actors and scheduler until nothing is due. With nudges thrown away only the scheduler's count."""
        while True:
            self.act()
            self.clock += 60.0
            delivery, self.nudges.delivery = self.nudges.delivery, "once" if self.nudges.delivery == "never" else self.nudges.delivery
            sent = self.scheduler.step().done
            self.nudges.delivery = delivery
            if not sent and not self.nudges.queue:
                return

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
        channel = brokers.connect_inbound(self.parts.broker_url, names)
        try:
            while deliveries := channel.take(1000, 64 << 20, 0.3):
                for each in deliveries:
                    found[each.queue].append(json.loads(each.body))
                channel.acknowledge(deliveries)
        finally:
            channel.close()
        return found

    def count(self, table: str, where: str = "1=1") -> int:
        with self.database.read() as tx:
            return int(tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one())

    def close(self) -> None:
        self.intake.close()
        self.relay.close()
        self.database.close()


__all__ = ["DEAD_LETTERS", "World"]
