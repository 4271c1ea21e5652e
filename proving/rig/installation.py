"""An installation of real processes, several of each role, whose every connection may be disturbed."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

from messages.destinations import outbound
from proving.rig.places import Combination, Places
from proving.rig.policies import NAMES, write
from proving.rig.roles import RoleProcess, Supervisor, eventually
from proving.rig.routes import OpenRoute, Route, address_of, direct, led_to
from proving.servers.guardian import descendants
from proving.servers.server import Server, ServerError
from proving.startup import full_disk
from store import opcos as opco_store
from store.engine.database import Database
from store.engine.errors import StoreError
from store.engine.migrating import upgrade
from workers.bootstrap import policies
from workers.brokers import BrokerUnavailable, contract_topology, declare
from writeoff.policy.model import Policy

#: How many processes of each role. SQLite has one writer: there everything is threads of one process.
ROLES: Mapping[str, int] = {"intake": 2, "scheduler": 2, "worker": 2, "relay": 2}
#: What a process runs for its role: the command `writeoff`, of this Python.
_WRITEOFF = (sys.executable, "-c", "from operations.cli import main; main()")
#: For servers and processes that come up on a busy machine.
START_SECONDS = 90.0
#: A fault of ours leaves a server down for seconds; what is down for longer was killed from outside.
OUTSIDE_SECONDS = 12.0
#: The servers that a process connects to: the name in its routes, and the variable that holds the URL.
_URLS = {
    "database": "WRITEOFF_DATABASE_URL",
    "broker": "WRITEOFF_BROKER_URL",
    "tasks": "WRITEOFF_TASKS_URL",
}


class Installation:
    """The product as it is operated, with everything that a fault may lay its hands on.

    `processes` by name, as `worker-2`; `servers` by what they are, as `database`; `routes` by name, as
    `worker-2:database`. Servers of somebody else are not among `servers`.
    """

    def __init__(
        self,
        places: Places,
        *,
        opcos: Mapping[str, str] = NAMES,
        roles: Mapping[str, int] = ROLES,
        open_route: OpenRoute = direct,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`opcos` is what they are called here; `settings` are further variables of every process."""
        self.places = places
        self.folder = places.folder
        self.opcos = opcos
        self.policy_dir = policy_dir = write(places.folder, opcos)
        self.policies: Sequence[Policy] = policies(policy_dir)
        #: What this process had started before: none of the rig's.
        self.beside = frozenset(descendants(os.getpid()))
        self.supervisor = Supervisor()
        self.processes: dict[str, RoleProcess] = {}
        #: The recording consumers, not part of the product: `consumer-gl`.
        self.consumers: dict[str, RoleProcess] = {}
        self.routes: dict[str, Route] = {}
        self._closing = threading.Event()
        self._open_route = open_route
        self._settings = {"WRITEOFF_POLICY_DIR": str(policy_dir), **(settings or {})}
        #: The rig's own connection, which no fault lies on but those of the server itself.
        self.database = Database(places.database_url)
        for name, role in _named(self.combination, roles):
            self._add(name, role)

    @property
    def combination(self) -> Combination:
        """What it runs on."""
        return self.places.combination

    @property
    def full_disk(self) -> Path:
        """While this file is there, SQLite's disk is full."""
        return self.folder / "disk-is-full"

    @property
    def servers(self) -> dict[str, Server]:
        """The servers that may be killed: `database`, `broker`, `tasks`. One that is two is there once."""
        return self.places.servers

    def url(self, process: str, server: str) -> str:
        """Return a server's URL for a process, through a route of its own, which is opened if need be."""
        url = {
            "database": self.places.database_url,
            "broker": self.places.broker_url,
            "tasks": self.places.tasks_url,
        }[server]
        target = address_of(url)
        if target is None:
            return url
        name = f"{process}:{server}"
        if name not in self.routes:
            self.routes[name] = self._open_route(name, target)
        return led_to(url, self.routes[name].address)

    @property
    def agencies(self) -> list[str]:
        """The codes of all agencies of all policies."""
        return sorted({code for policy in self.policies for code in policy.agencies})

    @property
    def consumed(self) -> list[str]:
        """The queues of the consumers."""
        return [queue.name for queue in outbound(self.agencies)]

    def consume(self) -> None:
        """Start the recording consumers: one for each system, one for all agencies."""
        agencies = [name for name in self.consumed if name.startswith("agency.")]
        systems = {name: [name] for name in self.consumed if name not in agencies} | {"agencies": agencies}
        for system, queues in systems.items():
            name = f"consumer-{system}"
            command = (sys.executable, "-m", "proving.consumers", str(self.folder), *queues)
            urls = {"WRITEOFF_BROKER_URL": self.url(name, "broker")}
            self.consumers[name] = RoleProcess(name, "consumer", command, urls, self.folder)
            self.supervisor.add(self.consumers[name])
            self.consumers[name].start()

    def keep_servers_up(self) -> None:
        """Start servers again that are down for longer than any fault of ours: somebody else killed them."""
        down_since: dict[str, float] = {}
        while not self._closing.wait(1.0):
            for name, server in self.servers.items():
                if server.running():
                    down_since.pop(name, None)
                elif time.monotonic() - down_since.setdefault(name, time.monotonic()) > OUTSIDE_SECONDS:
                    with suppress(ServerError):
                        server.start()

    def set_up(self, today: date) -> None:
        """Make schema, policies and topology, and set the business date of every opco."""
        upgrade(self.places.database_url)
        with self.database.begin() as tx:
            opco_store.install_policies(tx, self.policies)
            opco_store.set_business_date(tx, None, today)
        declare(self.places.broker_url, contract_topology(self.agencies))

    def start(self) -> None:
        """Start every process, and wait until each is at work."""
        self.supervisor.start()
        threading.Thread(target=self.keep_servers_up, name="servers", daemon=True).start()
        for process in self.processes.values():
            process.start()
        for process in self.processes.values():
            eventually(
                lambda process=process: "writeoff.role.started" in process.log.read_text(),  # type: ignore[misc]
                f"{process.name} to be at work; see {process.log}",
                START_SECONDS,
            )

    def stop(self) -> dict[str, int]:
        """Stop every process as an orchestrator does; return their exit codes. Raises `RigError`."""
        for process in self.processes.values():
            process.retire()
            process.ask_to_stop()
        return {name: process.stop() for name, process in self.processes.items()}

    def mend(self) -> None:
        """Bring up whatever is down or held: somebody else may have killed and stopped things, too."""
        for server in self.servers.values():
            server.start()
        for process in (*self.processes.values(), *self.consumers.values()):
            process.restart = True
            process.resume()
            process.start()

    def set_date(self, today: date) -> bool:
        """Move the business date of every opco; False when the database could not be reached."""
        return self._reaching(lambda: self._set_date(today))

    def _set_date(self, today: date) -> None:
        with self.database.begin() as tx:
            opco_store.set_business_date(tx, None, today)

    def _reaching(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except (StoreError, BrokerUnavailable):
            self.database.close()  # connections of before an outage
            return False
        return True

    def close(self) -> None:
        """Kill what still runs, and end the routes."""
        self._closing.set()
        for process in (*self.processes.values(), *self.consumers.values()):
            process.retire()
            with suppress(OSError):
                process.kill()
        if self.supervisor.is_alive():
            self.supervisor.end()
        for route in self.routes.values():
            route.close()
        self.database.close()

    def _add(self, name: str, role: str) -> None:
        urls = {variable: self.url(name, server) for server, variable in _URLS.items()}
        command = (*_WRITEOFF, *(("up",) if role == "up" else ("run", role)))
        environment = {**self._settings, **urls}
        if role == "up" and full_disk.possible():
            environment = full_disk.may_be_full(environment, self.full_disk)
        process = RoleProcess(name, role, command, environment, self.folder)
        self.processes[name] = process
        self.supervisor.add(process)


def _named(combination: Combination, roles: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    if combination.database == "sqlite":
        yield "up-1", "up"
        return
    for role, count in roles.items():
        for number in range(1, count + 1):
            yield f"{role}-{number}", role


@contextmanager
def installed(installation: Installation, today: date) -> Iterator[Installation]:
    """Set an installation up, run it for the block, and let nothing of it be left."""
    try:
        installation.set_up(today)
        installation.start()
        yield installation
    finally:
        installation.close()
