"""Connections that a server closes: by an administrator, by a failover, by a limit."""

from collections.abc import Sequence
from random import Random

import psycopg
import redis

from proving.faults.disturbance import Disturbance
from proving.rig.installation import Installation
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey

#: Sessions of clients, without the one that asks.
_SESSIONS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
_CLOSE = (
    '[catch rabbit_networking:close_connection(Each, "closed by the rig") '
    "|| Each <- rabbit_networking:connections_local()]."
)


class CloseDatabaseConnections(Disturbance):
    """`pg_terminate_backend` for all sessions, or for some of them."""

    kind = "close-connections-database"
    hold_seconds = 0.0

    def targets(self, installation: Installation) -> Sequence[str]:
        """The database, where it is PostgreSQL and the rig's own."""
        return ["database"] if isinstance(installation.servers.get("database"), PostgreSQL) else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """End half of the sessions, or all."""
        server = installation.servers[target]
        assert isinstance(server, PostgreSQL)  # noqa: S101 - it is a target
        some = random.random() < 1 / 2
        with psycopg.connect(server.url(), autocommit=True, connect_timeout=5) as connection:
            found = sorted(row[0] for row in connection.execute(f"SELECT pid {_SESSIONS}"))
            chosen = random.sample(found, (len(found) + 1) // 2) if some else found
            connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [chosen])

    def undo(self, installation: Installation) -> None:
        """Nothing: clients connect again."""


class CloseMessagingConnections(Disturbance):
    """`rabbitmqctl close_all_connections`, or `CLIENT KILL` where it is Redis."""

    hold_seconds = 0.0

    def __init__(self, server: str) -> None:
        """`server` is `broker` or `tasks`."""
        self._server = server
        self.kind = f"close-connections-{server}"

    def targets(self, installation: Installation) -> Sequence[str]:
        """The one server, where it is the rig's own."""
        return [self._server] if self._server in installation.servers else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """End every connection."""
        del random
        server = installation.servers[target]
        if isinstance(server, RabbitMQ):
            server.evaluate(_CLOSE)
        elif isinstance(server, Valkey):
            with redis.Redis.from_url(server.url(), socket_timeout=5) as client:
                for kind in ("normal", "pubsub"):
                    client.client_kill_filter(_type=kind, skipme=True)

    def undo(self, installation: Installation) -> None:
        """Nothing: clients connect again."""
