"""`writeoff bench` on servers that hold a live installation: it measures, and leaves no trace."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
import redis

from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from store.engine.migrating import upgrade
from workers.brokers import contract_topology, declare, publish_inbound, queue_depths

_RUN = "from operations.cli import main; main()"


@pytest.fixture
def environment(
    postgresql_url: str, amqp_url: str, own_valkey: Valkey, rabbitmq: RabbitMQ, tmp_path: Path
) -> Mapping[str, str]:
    """A live installation's settings, with a rabbitmqctl that means the test's RabbitMQ.

    It has a Redis of its own, since the keys of all its numbers are counted.
    """
    redis_url = own_valkey.create_database("live")
    upgrade(postgresql_url)
    declare(amqp_url, contract_topology(()))
    publish_inbound(amqp_url, {"type": "pulse.write-off-requested.v1", "id": "1", "source": "/live"})
    with redis.Redis.from_url(redis_url) as client:
        client.set("live", "x")
    command = tmp_path / "rabbitmqctl"
    variables = "".join(f"export {name}='{value}'\n" for name, value in rabbitmq.environment().items())
    command.write_text(f'#!/bin/sh\n{variables}exec /usr/lib/rabbitmq/bin/rabbitmqctl "$@"\n')
    command.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "WRITEOFF_DATABASE_URL": postgresql_url,
        "WRITEOFF_BROKER_URL": amqp_url,
        "WRITEOFF_TASKS_URL": redis_url,
        "WRITEOFF_HEARTBEAT_FILE": str(tmp_path / "live-heartbeat"),
    }


def state(environment: Mapping[str, str]) -> dict[str, object]:
    """Return what is live: schemas, rows, messages and keys."""
    with psycopg.connect(environment["WRITEOFF_DATABASE_URL"]) as connection:
        names = connection.execute("SELECT schemaname, tablename FROM pg_tables").fetchall()
        rows = {
            name: connection.execute(f'SELECT count(*) FROM "{name[0]}"."{name[1]}"').fetchone()
            for name in names
            if name[0] not in {"pg_catalog", "information_schema"}
        }
    with redis.Redis.from_url(environment["WRITEOFF_TASKS_URL"]) as client:
        keyspace = {name: each["keys"] for name, each in client.info("keyspace").items()}
    queues = ["writeoff.write-off-requested", "gl", "letter"]
    depths = queue_depths(environment["WRITEOFF_BROKER_URL"], queues)
    return {"rows": rows, "keys": keyspace, "queues": depths}


def vhosts(environment: Mapping[str, str]) -> set[str]:
    listed = subprocess.run(
        ["rabbitmqctl", "list_vhosts", "-q"], env=environment, capture_output=True, text=True, check=True
    )
    return set(listed.stdout.split())


def test_it_measures_and_leaves_what_is_live_as_it_was(environment: Mapping[str, str]) -> None:
    before = state(environment)
    done = subprocess.run(
        [sys.executable, "-c", _RUN, "bench", "--accounts", "20", "--seed", "41", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["place"] == "bench-41"
    assert set(found["events_a_second"]) == {"single", "bulk"}
    assert {"intake", "relay", "worker-1", "database", "broker", "tasks"} <= set(found["memory_mib"])
    assert found["checks"] == ["writeoff audit finds nothing wrong", "writeoff reconcile finds nothing wrong"]
    assert state(environment) == before
    assert "bench-41" not in vhosts(environment)
    assert not Path(environment["WRITEOFF_HEARTBEAT_FILE"]).exists()


def test_ctrl_c_leaves_nothing(environment: Mapping[str, str]) -> None:
    before = state(environment)
    running = subprocess.Popen(
        [sys.executable, "-c", _RUN, "bench", "--accounts", "5000", "--seed", "42"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    said = ""
    while "for tasks" not in said:
        line = running.stderr.readline()
        assert line, said
        said += line
    assert "bench-42" in vhosts(environment)
    running.send_signal(signal.SIGINT)
    assert running.wait(120) == 130
    assert state(environment) == before
    assert "bench-42" not in vhosts(environment)
