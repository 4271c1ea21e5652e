"""`writeoff prove --against external`: on somebody's own servers it tries all it may and leaves nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from proving.places import Name
from proving.servers import binaries
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.support import upstream
from tests.support.processes import WRITEOFF
from tests.support.world import World
from workers.brokers import queue_depths

SEED = 20779
NAME = str(Name.of("prove", SEED))
#: What lives there: the queues of a consumer that has read nothing yet, and those of intake.
QUEUES = ("letter", "to-do", "gl", "pulse.updates", "writeoff.commands", "writeoff.account-updated")


class Live:
    """Somebody's servers, with an installation on them that has work of its own."""

    def __init__(self, postgresql: PostgreSQL, rabbitmq: RabbitMQ, valkey: Valkey) -> None:
        self.database_url = postgresql.create_database("live")
        self.broker_url = rabbitmq.create_database("live")
        self.tasks_url = valkey.url(0)
        self._rabbitmq = rabbitmq
        world = World(self.database_url, self.broker_url)
        world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
        world.run()
        world.publish(upstream.payment("PAY-1", "RW-1", 500))
        world.close()
        with redis.Redis.from_url(self.tasks_url) as client:
            client.rpush("dramatiq:refer-to-agency", "hint")

    def environment(self) -> dict[str, str]:
        """What its owner has set: the three URLs, and rabbitmqctl with the node's own settings."""
        control = str(Path(binaries.rabbitmq()).parent)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("WRITEOFF_")},
            **self._rabbitmq.environment(),
            "PATH": os.pathsep.join([control, os.environ["PATH"]]),
            "WRITEOFF_DATABASE_URL": self.database_url,
            "WRITEOFF_BROKER_URL": self.broker_url,
            "WRITEOFF_TASKS_URL": self.tasks_url,
        }

    def everything(self) -> dict[str, Any]:
        """Return all there is on the servers: schemas, vhosts, numbers, rows, messages, keys."""
        with psycopg.connect(self.database_url) as connection:

            def rows(query: str) -> list[Any]:
                return connection.execute(query).fetchall()

            tables = [name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            found: dict[str, Any] = {
                "schemas": sorted(rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_t'")),
                "roles": sorted(rows("SELECT rolname FROM pg_roles")),
                "databases": sorted(rows("SELECT datname FROM pg_database")),
                "rows": {name: sorted(map(str, rows(f'SELECT * FROM public."{name}"'))) for name in tables},
            }
        found["vhosts"] = self._rabbitmq.evaluate("lists:sort(rabbit_vhost:list_names()).")
        found["queues"] = self._rabbitmq.evaluate(
            "lists:sort([element(2, amqqueue:get_name(Q)) || Q <- rabbit_amqqueue:list()])."
        )
        found["depths"] = queue_depths(self.broker_url, QUEUES)
        with redis.Redis.from_url(self.tasks_url) as client:
            found["numbers"] = sorted(name for name in client.info() if name.startswith("db"))
            found["keys"] = {key: client.dump(key) for key in sorted(client.keys())}
        return found


@pytest.mark.timeout(420)
def test_on_servers_of_somebody_s_own_it_proves_and_leaves_nothing(
    own_postgresql: PostgreSQL, own_rabbitmq: RabbitMQ, own_valkey: Valkey, tmp_path: Path
) -> None:
    live = Live(own_postgresql, own_rabbitmq, own_valkey)
    before = live.everything()
    assert before["depths"]["letter"].ready == 1
    assert sum(map(len, before["rows"].values())) > 20

    command = ["prove", "--against", "external", "--minutes", "0.1", "--seed", str(SEED), "--json"]
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, *WRITEOFF, *command, "--out", str(out)],
        env=live.environment(),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"schema {NAME}" in done.stderr
    report = json.loads(done.stdout)
    assert not [tally for tally in report["tallies"] if tally["failures"]]
    [trial] = report["trials"]
    assert trial["outcome"]["figures"]["journals"] > 0
    assert trial["faults"]
    assert {fault["target"].partition(":")[0] for fault in trial["faults"]}.isdisjoint(
        {"database", "broker", "tasks"}
    ), "their servers are not ours to kill"
    assert (out / "report.md").exists()

    assert live.everything() == before
