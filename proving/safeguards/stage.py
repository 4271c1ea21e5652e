"""A small rig on which one thing goes wrong at one moment: real servers, real processes, the real checker."""

import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from kombu.connection import Connection
from msgspec import Struct

from messages.destinations import outbound
from proving.checker.checking import check
from proving.checker.evidence import read
from proving.checker.findings import Tally
from proving.faults.proxy import Proxies, ProxyRoute
from proving.load.generator import plain
from proving.load.hearing import Ear
from proving.load.intents import Diary, Expect, Intent, of_bytes
from proving.load.stories.exact import written_off
from proving.load.stories.figures import Debt
from proving.load.stories.story import Story
from proving.load.wording import Event
from proving.rig import policies
from proving.rig.roles import RigError, RoleProcess, Supervisor, eventually
from proving.rig.routes import address_of, led_to
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from proving.startup.hooks import DIES_AT, STOPS_AT, WITHOUT, hooked
from store import opcos as opco_store
from store.engine.database import Database
from store.engine.migrating import upgrade
from workers import brokers
from workers.bootstrap import policies as read_policies
from workers.scheduling.settling import to_do

FIRST_DAY = date(2026, 11, 3)
#: For something to happen on a busy machine.
PATIENCE_SECONDS = 60.0
#: How long work may be left before the stage is said not to come to rest.
SETTLE_SECONDS = 30.0
#: For so long nothing must be left: RabbitMQ counts what it has just taken a moment later.
QUIET_SECONDS = 1.0

_numbers = itertools.count(1)


class Servers(Struct, frozen=True, kw_only=True):
    """Servers that run. Each play gets places of its own on them."""

    postgresql: PostgreSQL
    rabbitmq: RabbitMQ
    valkey: Valkey


class Stage:
    """One play. Whatever process it starts runs without the safeguard, if one is named."""

    def __init__(self, servers: Servers, folder: Path, without: str | None) -> None:
        self.folder = folder
        self.diary = Diary(folder / "intents.jsonl")
        self.proxies = Proxies()
        self.residue: dict[str, Any] = {}
        self.name = f"without_{os.getpid()}_{next(_numbers)}"
        self._servers = servers
        self._without = without
        self._supervisor = Supervisor()
        self._processes: list[RoleProcess] = []
        self._stories: list[Story] = []
        self._policy_dir = policies.write(folder)
        self._policies = read_policies(self._policy_dir)
        servers.postgresql.create_template("migrated", _migrate)
        self.database_url = servers.postgresql.create_database(self.name, "migrated")
        self.broker_url = servers.rabbitmq.create_database(self.name)
        self.tasks_url = servers.valkey.create_database(self.name)
        self.database = Database(self.database_url)
        self._agencies = sorted({code for policy in self._policies for code in policy.agencies})

    # --- what a play does ---------------------------------------------------------------------------------

    def say(
        self, *messages: Event, expect: Expect = "decided", reason: str | None = None, sort: str = "plain"
    ) -> list[Intent]:
        """Publish messages as upstream does: written down first, and again when the broker has them."""
        first = len(self.diary.intents) + 1
        intents = [
            of_bytes(
                number, "play", json.dumps(message).encode(), message, sort, expect=expect, reason=reason
            )
            for number, message in enumerate(messages, first)
        ]
        return self.say_again(intents)

    def say_again(self, intents: Sequence[Intent]) -> list[Intent]:
        """Publish what was said before, to the byte."""
        self.diary.intend([each for each in intents if each.number not in self.diary.intents])
        channel = brokers.connect_outbound(self.broker_url, brokers.Topology())
        try:
            confirmed = channel.publish([each.outgoing() for each in intents]).confirmed
        finally:
            channel.close()
        self.diary.confirmed(map(int, confirmed))
        return list(intents)

    def write_off(self, name: str, *, exact: bool = True) -> list[Event]:
        """Return the messages of a write-off whose outcome is known to the cent: snapshot and request.

        Not `exact` where more is going to be said of it.
        """
        story = self._story(name)
        story.exact = exact
        next(written_off(story))
        return sorted((each.message for each in story.take_said()), key=lambda each: str(each["type"]))

    def account(self, name: str) -> Event:
        """Return a snapshot, and nothing else."""
        return Debt(self._story(name)).snapshot()

    def _story(self, name: str) -> Story:
        ear = Ear(self.folder)
        self._stories.append(Story(name, "play", Random(name), ear, lambda: FIRST_DAY))  # noqa: S311
        return self._stories[-1]

    def play(
        self,
        *roles: str,
        dies_at: str | None = None,
        stops_at: str | None = None,
        again: bool = False,
        proxied: bool = False,
    ) -> RoleProcess:
        """Start a process with these roles. It dies or stops at a crash point, is started `again` or not."""
        name = f"{roles[0]}-{len(self._processes) + 1}"
        environment = self._environment(name if proxied else None)
        hooks = {WITHOUT: self._without, DIES_AT: dies_at, STOPS_AT: stops_at}
        asked = {variable: value for variable, value in hooks.items() if value is not None}
        if asked:
            environment = hooked(environment, **asked)
        process = self._start(name, (sys.executable, "-m", "proving.safeguards.host", *roles), environment)
        process.restart = again
        if dies_at is None:
            self.until(lambda: "writeoff.role.started" in process.log.read_text(), f"{name} to be at work")
        return process

    def route(self, process: RoleProcess) -> ProxyRoute:
        """Return the way from a proxied process to the broker."""
        return next(each for each in self.proxies.routes if each.name == f"{process.name}:broker")

    def dead(self, process: RoleProcess, times: int = 1) -> None:
        """Wait until a process has died so often. Raises `RigError`."""
        eventually(lambda: len(process.ends) >= times, f"{process.name} to die", PATIENCE_SECONDS)
        if any(end.code != -signal.SIGKILL for end in process.ends):
            raise RigError(f"{process.name} ended by itself: see {process.log.read_text()[-1000:]}")

    def until(self, met: Callable[[], bool], what: str) -> None:
        """Wait until something is so. Raises `RigError`."""
        eventually(met, what, PATIENCE_SECONDS)

    def given(self, met: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so, or for so long: with the safeguard it may never be."""
        with suppress(RigError):
            eventually(met, "", seconds)

    def count(self, table: str, where: str = "true") -> int:
        """Count rows."""
        with self.database.read() as tx:
            return int(
                tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one()
            )

    def execute(self, sql: str) -> None:
        """Change rows, as time does."""
        with self.database.begin() as tx:
            tx.connection.exec_driver_sql(sql)

    def set_date(self, today: date) -> None:
        """Set every opco's business date."""
        with self.database.begin() as tx:
            opco_store.set_business_date(tx, None, today)

    def stop(self, *processes: RoleProcess) -> None:
        """Kill processes for good; all of the product's without a name."""
        for process in processes or [each for each in self._processes if each.role != "consumer"]:
            process.retire()
            process.kill()

    def restore(self) -> None:
        """Put the backup back that was made before anything was said. The queues stay as they are."""
        self.stop()
        self.database.close()
        self._servers.postgresql.drop_database(self.name)
        self._servers.postgresql.create_database(self.name, "migrated")
        self._install()

    def delete_queue(self, name: str) -> None:
        """Delete a queue of the broker's, with all that it holds."""
        with Connection(self.broker_url) as connection:
            connection.channel().queue_delete(name)

    def forget_hints(self) -> None:
        """Lose everything that the tasks' broker has."""
        self._servers.valkey.drop_database(self.name)
        self.tasks_url = self._servers.valkey.create_database(self.name)

    def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait until nothing is left to do; what still is becomes part of the evidence."""
        deadline = time.monotonic() + seconds
        quiet_since = time.monotonic()
        left: dict[str, int] = {}
        while time.monotonic() < min(deadline, quiet_since + QUIET_SECONDS):
            left = to_do(self.database, self.broker_url)
            for name, depth in brokers.queue_depths(self.broker_url, self._consumed()).items():
                if count := (depth.ready or 0) + (depth.unacknowledged or 0):
                    left[f"in the queue {name}"] = count
            if left:
                quiet_since = time.monotonic()
            time.sleep(0.05)
        self.residue = {f"left to do: {name}": count for name, count in left.items()}

    def checked(self) -> list[Tally]:
        """End the play, and let the rig's checker look."""
        self.stop()
        for story in self._stories:
            self.diary.note({"story": plain(story, finished=True)})
        evidence = read(self.folder, self.database_url)
        evidence.residue = self.residue
        return check(evidence)

    # --- behind it ----------------------------------------------------------------------------------------

    @contextmanager
    def opened(self) -> Iterator["Stage"]:
        """Set everything up, and leave nothing."""
        try:
            with self.proxies:
                self._supervisor.start()
                self._install()
                brokers.declare(self.broker_url, brokers.contract_topology(self._agencies))
                command = (sys.executable, "-m", "proving.consumers", str(self.folder), *self._consumed())
                self._start("consumer", command, {"WRITEOFF_BROKER_URL": self.broker_url}, "consumer")
                yield self
        finally:
            self.stop(*self._processes)
            self._supervisor.end()
            self.diary.close()
            self.database.close()
            self._servers.postgresql.drop_database(self.name)
            self._servers.rabbitmq.drop_database(self.name)
            self._servers.valkey.drop_database(self.name)

    def _install(self) -> None:
        with self.database.begin() as tx:
            opco_store.install_policies(tx, self._policies)
        self.set_date(FIRST_DAY)

    def _consumed(self) -> list[str]:
        return [queue.name for queue in outbound(self._agencies)]

    def _environment(self, proxied: str | None) -> dict[str, str]:
        broker_url = self.broker_url
        if proxied is not None and (target := address_of(broker_url)) is not None:
            broker_url = led_to(broker_url, self.proxies.open(f"{proxied}:broker", target).address)
        return {
            "WRITEOFF_DATABASE_URL": self.database_url,
            "WRITEOFF_BROKER_URL": broker_url,
            "WRITEOFF_TASKS_URL": self.tasks_url,
            "WRITEOFF_POLICY_DIR": str(self._policy_dir),
        }

    def _start(
        self, name: str, command: Sequence[str], environment: dict[str, str], role: str = "product"
    ) -> RoleProcess:
        process = RoleProcess(name, role, command, environment, self.folder)
        self._processes.append(process)
        self._supervisor.add(process)
        process.start()
        return process


def _migrate(url: str) -> None:
    upgrade(url)
