"""Faults of servers do what they say, and leave servers that work."""

import socket
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import redis

from messages.destinations import outbound
from proving.faults.connections import CloseDatabaseConnections, CloseMessagingConnections
from proving.faults.disk import FullDatabaseDisk, FullMessagingDisk
from proving.faults.disturbance import Disturbance
from proving.faults.servers import (
    CrashBackend,
    ImmediateStop,
    KillPostmaster,
    KillServer,
    PauseServer,
    RestartServer,
)
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.integration.faults.conftest import SEEDED
from workers import brokers
from workers.brokers import BrokerUnavailable, OutboundChannel, Outgoing

QUEUE = outbound([])[0].name


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Any]]:
    with PostgreSQL() as database, RabbitMQ() as broker, Valkey() as tasks:
        yield {"database": database, "broker": broker, "tasks": tasks}


@pytest.fixture
def site(servers: dict[str, Any]) -> Any:
    return SimpleNamespace(servers=servers, processes={}, routes={})


def gone(use: Callable[[], object], *errors: type[Exception]) -> bool:
    try:
        use()
    except errors:
        return True
    return False


@pytest.mark.parametrize(
    "fault",
    [
        KillServer("database"),
        RestartServer("database"),
        KillPostmaster(),
        ImmediateStop(),
        CrashBackend(),
        CloseDatabaseConnections(),
        FullDatabaseDisk(),
    ],
    ids=lambda fault: fault.kind,
)
def test_sessions_of_postgresql_end_and_what_was_committed_stays(site: Any, fault: Disturbance) -> None:
    server: PostgreSQL = site.servers["database"]
    with psycopg.connect(server.url(), autocommit=True) as session:
        session.execute("CREATE TABLE IF NOT EXISTS faults (kind text)")
        session.execute("INSERT INTO faults VALUES (%s)", [fault.kind])
        fault.strike(site, "database", SEEDED)

        def use() -> None:
            session.execute("INSERT INTO faults SELECT repeat('x', 900) FROM generate_series(1, 2000)")

        deadline = time.monotonic() + 10
        while not gone(use, psycopg.Error):
            assert time.monotonic() < deadline
        fault.undo(site)
        fault.undo(site)
    assert server.answers()
    with psycopg.connect(server.url(), autocommit=True) as session:
        found = session.execute("SELECT count(*) FROM faults WHERE kind = %s", [fault.kind]).fetchone()
        assert found == (1,)
        session.execute("INSERT INTO faults VALUES ('after')")


@pytest.mark.parametrize("target", ["database", "tasks"])
def test_a_paused_server_answers_nobody_and_then_everybody(site: Any, target: str) -> None:
    server = site.servers[target]
    fault = PauseServer(target)
    fault.fire(site, SEEDED)
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.3) as connection:
        connection.sendall(b"PING\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)
    fault.undo(site)
    assert server.answers()


@pytest.mark.parametrize(
    "fault", [KillServer("tasks"), RestartServer("tasks"), CloseMessagingConnections("tasks")]
)
def test_connections_to_valkey_end_and_what_it_had_stays(site: Any, fault: Disturbance) -> None:
    with redis.Redis.from_url(site.servers["tasks"].url(), single_connection_client=True) as client:
        client.set("kind", fault.kind)
        connection = client.connection
        assert connection is not None
        fault.fire(site, SEEDED)

        def use() -> None:
            connection.send_command("PING")
            connection.read_response()

        assert gone(use, redis.ConnectionError)
        fault.undo(site)
        assert client.get("kind") == fault.kind.encode()


def test_a_full_valkey_refuses_and_then_takes(site: Any) -> None:
    fault = FullMessagingDisk("tasks")
    with redis.Redis.from_url(site.servers["tasks"].url()) as client:
        fault.fire(site, SEEDED)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            client.set("full", "x")
        fault.undo(site)
        fault.undo(site)
        assert client.set("full", "x")


def publisher(site: Any, confirm_seconds: float = 2.0) -> OutboundChannel:
    channel = brokers.connect_outbound(site.servers["broker"].url(), brokers.Topology())
    channel._confirm_seconds = confirm_seconds  # type: ignore[attr-defined]
    return channel


def message(number: int) -> Outgoing:
    return Outgoing(
        id=str(number),
        exchange="",
        routing_key=QUEUE,
        body=b"{}",
        content_type="application/json",
        message_id=str(number),
        type="",
        timestamp=1,
    )


def test_rabbitmq_closes_connections_pauses_publishers_and_dies(site: Any) -> None:
    """One test for all, since it takes so long to start."""
    server: RabbitMQ = site.servers["broker"]
    brokers.declare(server.url(), brokers.contract_topology([]))
    channel = publisher(site)
    assert channel.publish([message(1)]).confirmed == {"1"}

    CloseMessagingConnections("broker").fire(site, SEEDED)
    assert gone(lambda: channel.publish([message(2)]), BrokerUnavailable)

    channel = publisher(site)
    full = FullMessagingDisk("broker")
    full.fire(site, SEEDED)
    assert gone(lambda: channel.publish([message(3)]), BrokerUnavailable)
    full.undo(site)
    channel = publisher(site, confirm_seconds=20)
    assert channel.publish([message(4)]).confirmed == {"4"}

    pause = PauseServer("broker")
    pause.fire(site, SEEDED)
    channel._confirm_seconds = 1.0  # type: ignore[attr-defined]
    assert gone(lambda: channel.publish([message(5)]), BrokerUnavailable)
    pause.undo(site)

    kill = KillServer("broker")
    kill.fire(site, SEEDED)
    assert not server.running()
    kill.undo(site)
    channel = publisher(site, confirm_seconds=20)
    assert channel.publish([message(6)]).confirmed == {"6"}
    depth = brokers.queue_depths(server.url(), [QUEUE])[QUEUE].ready
    assert depth is not None
    assert depth >= 3
    channel.close()
