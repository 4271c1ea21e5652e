"""Where an installation keeps what it has: servers of the rig's own, one of each kind that is needed."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import Server
from proving.servers.valkey import Valkey
from writeoff.value import Value

#: The name of what is made on each server.
NAME = "prove"

DatabaseKind = Literal["postgresql", "sqlite"]
BrokerKind = Literal["rabbitmq", "redis"]


class Combination(Value, frozen=True, kw_only=True):
    """What an installation runs on. `tasks` is Dramatiq's broker."""

    database: DatabaseKind = "postgresql"
    broker: BrokerKind = "rabbitmq"
    tasks: BrokerKind = "redis"

    def __str__(self) -> str:
        names = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "rabbitmq": "RabbitMQ", "redis": "Redis"}
        return f"{names[self.database]}, {names[self.broker]}, tasks on {names[self.tasks]}"


class Places(Value, frozen=True, kw_only=True):
    """The servers, to be killed and started at will, and the URLs of empty places in them.

    `database_server` is None with SQLite, all are None on servers of somebody else. `broker_server` and
    `tasks_server` may be one and the same.
    """

    combination: Combination
    folder: Path
    database_url: str
    broker_url: str
    tasks_url: str
    database_server: Server | None = None
    broker_server: Server | None = None
    tasks_server: Server | None = None

    @property
    def servers(self) -> dict[str, Server]:
        """The servers of the rig's own by what they are to the product, each once."""
        found: dict[str, Server] = {}
        for name, server in (
            ("database", self.database_server),
            ("broker", self.broker_server),
            ("tasks", self.tasks_server),
        ):
            if server is not None and server not in found.values():
                found[name] = server
        return found


@contextmanager
def private(combination: Combination, folder: Path | None = None) -> Iterator[Places]:
    """Start servers of our own, and remove them afterwards with all they hold.

    Raises `MissingServerError` where one is not installed.
    """
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-prove-")))
        database: PostgreSQL | None = None
        database_url = f"sqlite:///{folder / 'prove.sqlite'}"
        if combination.database == "postgresql":
            database = stack.enter_context(PostgreSQL())
            database_url = database.create_database(NAME)
        kinds = {combination.broker, combination.tasks}
        started: dict[str, Server] = {}
        if "rabbitmq" in kinds:
            started["rabbitmq"] = stack.enter_context(RabbitMQ())
        if "redis" in kinds:
            started["redis"] = stack.enter_context(Valkey())
        yield Places(
            combination=combination,
            folder=folder,
            database_url=database_url,
            broker_url=started[combination.broker].create_database(NAME),
            tasks_url=started[combination.tasks].create_database(f"{NAME}-tasks"),
            database_server=database,
            broker_server=started[combination.broker],
            tasks_server=started[combination.tasks],
        )
