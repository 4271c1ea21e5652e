"""SIGTERM: a role stops taking, finishes its set, gives back what it holds, and is gone within seconds."""

import time
from pathlib import Path

import pytest

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.acceptance.conftest import Install
from tests.support.installation import ROLES, Installation
from tests.support.processes import Process, eventually
from tests.support.upstream import example
from workers.hints.task_queues import depths

#: Longer than any role takes on an idle machine, shorter than what an orchestrator allows.
STOP_SECONDS = 15.0


def stop_all(installed: Installation) -> dict[str, int]:
    """SIGTERM to every role at once; return their exit codes."""
    for role in ROLES:
        installed.processes[role].process.terminate()
    return {role: installed.processes[role].process.wait(STOP_SECONDS) for role in ROLES}


def test_idle_roles_stop_and_give_their_leases_up(install: Install) -> None:
    installed = install()
    installed.start(*ROLES)
    eventually(lambda: bool(installed.select("SELECT 1 FROM leases")), "a scheduler with the lease")
    assert stop_all(installed) == dict.fromkeys(ROLES, 0)
    installed.assert_calm()
    assert installed.select("SELECT name FROM leases") == []
    assert installed.select("SELECT destination FROM destinations WHERE token IS NOT NULL") == []


@pytest.mark.parametrize("tasks", ["redis", "amqp"])
def test_a_worker_gives_back_the_hints_it_has_not_begun(
    install: Install, tasks: str, request: pytest.FixtureRequest
) -> None:
    tasks_url = request.getfixturevalue(f"{tasks}_url")
    installed = install(tasks_url=tasks_url)
    installed.settings["WRITEOFF_WORKER_THREADS"] = "1"
    installed.start("worker")
    nudger = installed.nudger()
    with installed.database.begin() as tx:
        # The first hint waits for the table, and the others for the one thread.
        tx.connection.exec_driver_sql("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        for _ in range(20):
            nudger.events("send-letter", [("00000000-0000-5000-8000-000000000000", 1)])
        eventually(lambda: depths(tasks_url)["writeoff.send-letter"] < 20, "hints taken")
        installed.processes["worker"].process.terminate()
        time.sleep(0.5)
    assert installed.processes["worker"].process.wait(STOP_SECONDS) == 0
    installed.assert_calm(["worker"])
    left = depths(tasks_url)["writeoff.send-letter"]
    assert left >= 18, left


def test_intake_gives_back_what_it_has_not_committed(install: Install) -> None:
    installed = install()
    installed.start("intake")
    with installed.database.begin() as tx:
        tx.connection.exec_driver_sql("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        installed.publish(example("account-updated"))
        time.sleep(0.5)
        installed.processes["intake"].process.terminate()
        time.sleep(0.5)
    assert installed.processes["intake"].process.wait(STOP_SECONDS) == 0
    installed.start("intake")
    eventually(lambda: bool(installed.select("SELECT 1 FROM inbox")), "the message in the journal")
    assert installed.processes["intake"].stop() == 0
    installed.assert_calm(["intake"])


def test_roles_stop_while_every_server_is_away(
    own_postgresql: PostgreSQL,
    own_rabbitmq: RabbitMQ,
    own_valkey: Valkey,
    install: Install,
) -> None:
    installed = install(
        database_url=own_postgresql.create_database("away"),
        broker_url=own_rabbitmq.create_database("away"),
        tasks_url=own_valkey.create_database("away"),
    )
    installed.start(*ROLES)
    installed.publish(example("account-updated"))
    for server in (own_postgresql, own_rabbitmq, own_valkey):
        server.kill()
    for role in ("intake", "scheduler", "relay"):
        installed.processes[role].wait_for("writeoff.role.waiting")
    installed.processes["worker"].wait_for("writeoff.tasks.waiting")
    assert stop_all(installed) == dict.fromkeys(ROLES, 0)
    installed.assert_calm()


def test_a_role_that_waits_for_its_servers_from_the_start_stops_too(tmp_path: Path) -> None:
    nowhere = {
        "WRITEOFF_DATABASE_URL": "postgresql://writeoff@127.0.0.1:1/nowhere",
        "WRITEOFF_BROKER_URL": "amqp://guest:guest@127.0.0.1:1/",
        "WRITEOFF_TASKS_URL": "redis://127.0.0.1:1/0",
    }
    started = {role: Process.role(role, nowhere, tmp_path / f"{role}.log") for role in ROLES}
    for process in started.values():
        process.wait_for("writeoff.role.waiting")
    for process in started.values():
        assert process.stop(STOP_SECONDS) == 0
