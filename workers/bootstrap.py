"""The composition root: settings in, connected parts out. Everything else is passed what it needs."""

import functools
import os
import socket
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from handlers.event_types import problems
from messages.destinations import INBOUND, UNDELIVERED
from store import opcos as opco_store
from store.crash_points import reached
from store.engine.database import Database
from store.work import timers
from workers import brokers
from workers.brokers import InboundChannel, OutboundChannel
from workers.events.executor import Executor
from workers.hints import tasks
from workers.hints.actors import Actors
from workers.hints.bells import PostgresBell
from workers.hints.signals import Bell, Nudger, Signals, ThreadBell
from workers.intake.authentication import OpenAuthenticator
from workers.intake.step import Intake
from workers.relay import Relay
from workers.requests.expansion import Expander
from workers.roles.progress import Role
from workers.roles.watchdog import Watchdog
from workers.scheduling.scheduler import Scheduler
from workers.scheduling.timers import TimerKeeper
from workers.sets.shelf import PolicyShelf
from workers.settings import Settings
from writeoff.errors import WriteoffError
from writeoff.policy.model import Policy
from writeoff.policy.reading import read


class SettingMissing(WriteoffError):
    """A setting that this role needs is not there."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"{variable} is not set; this role cannot run without it")
        self.variable = variable


class Parts:
    """Everything of one process, connected and sharing one database, shelf, nudger and bell."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        broker_url: str,
        nudger: Nudger,
        bell: Bell | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """`stop` is set when the process is asked to end: it cuts waits for servers that are away short."""
        self.settings = settings
        self.stop = stop or threading.Event()
        self.database = database
        self.broker_url = broker_url
        self.watchdog = Watchdog(settings.stuck_seconds)
        database.pulse = self.watchdog.pulse
        self.shelf = PolicyShelf()
        if bell is None:
            bell = PostgresBell(database) if database.dialect == "postgresql" else ThreadBell()
        self.bell = bell
        self.signals = Signals(nudger, bell)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.policies = policies(settings.policy_dir)
        self.topology = brokers.contract_topology(
            sorted({code for policy in self.policies for code in policy.agencies})
        )

    def install(self) -> None:
        """Make the policies on disk the current ones, and declare what the broker lacks."""
        with self.database.begin() as tx:
            opco_store.install_policies(tx, self.policies)
            timers.set_for_waiting(tx)
        reached("start.installed")
        brokers.declare(self.broker_url, self.topology)
        reached("start.declared")

    def close(self) -> None:
        """Close what the parts share: the database, and the way to the actors."""
        self.watchdog.stop()
        nudger = self.signals.nudger
        if isinstance(nudger, tasks.DramatiqNudger):
            nudger.close()
        self.database.close()

    def intake(self) -> Intake:
        """Return the intake role."""
        queues = [queue.name for queue in (*INBOUND, UNDELIVERED)]

        def connect() -> InboundChannel:
            # A broker that was away may have come back without the queues.
            brokers.declare(self.broker_url, self.topology)
            return brokers.connect_inbound(self.broker_url, queues)

        return Intake(
            database=self.database,
            shelf=self.shelf,
            connect=connect,
            authenticator=OpenAuthenticator(),
            signals=self.signals,
            stop=self.stop,
        )

    def scheduler(self) -> Scheduler:
        """Return the scheduler role."""
        return Scheduler(
            self.database,
            self.executor(),
            self.signals,
            self.name,
            patience_seconds=self.settings.scheduler_patience_seconds,
            keep_days=self.settings.keep_days,
        )

    def relay(self) -> Relay:
        """Return the relay role."""

        def connect() -> OutboundChannel:
            channel = brokers.connect_outbound(self.broker_url, self.topology)
            channel.declare()
            return channel

        return Relay(self.database, connect, self.bell)

    def executor(self) -> Executor:
        """Return an executor of events."""
        return Executor(self.database, self.shelf, self.name, self.settings.served_kinds)

    def actors(self) -> Actors:
        """Return what the Dramatiq actors do."""
        expander = Expander(self.database, self.shelf)
        keeper = TimerKeeper(self.database, self.shelf)
        return Actors(self.executor(), expander, keeper, self.signals, stop=self.stop, watchdog=self.watchdog)

    def role(self, name: str) -> Role:
        """Return a looping role by name; the worker is Dramatiq's and no loop of ours."""
        roles: dict[str, Callable[[], Role]] = {
            "intake": self.intake,
            "scheduler": self.scheduler,
            "relay": self.relay,
        }
        return roles[name]()


def connect(settings: Settings, stop: threading.Event | None = None) -> Parts:
    """Connect the parts of one process to servers. Raises `SettingMissing` for the first URL not set."""
    urls = {
        "WRITEOFF_DATABASE_URL": settings.database_url,
        "WRITEOFF_BROKER_URL": settings.broker_url,
        "WRITEOFF_TASKS_URL": settings.tasks_url,
    }
    for variable, url in urls.items():
        if url is None:
            raise SettingMissing(variable)
    database_url, broker_url, tasks_url = (url.get_secret_value() for url in urls.values() if url)
    return Parts(
        settings,
        database=Database(database_url, by_keys=True),
        broker_url=broker_url,
        nudger=tasks.DramatiqNudger(tasks.connect(tasks_url)),
        stop=stop,
    )


def policies(folder: Path | None) -> Sequence[Policy]:
    """Read every policy of a folder, or the shipped ones; raises `PolicyInvalid` with exact problems."""
    if folder is None:
        return _shipped()
    return [read(file.read_text("utf-8"), str(file), problems) for file in sorted(folder.glob("*.toml"))]


@functools.cache
def _shipped() -> Sequence[Policy]:
    """Read once: the package does not change under a process."""
    folder = resources.files("writeoff.policy") / "defaults"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return tuple(read(file.read_text("utf-8"), file.name, problems) for file in files)
