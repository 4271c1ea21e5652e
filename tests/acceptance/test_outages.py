"""A server is killed and comes back: every role goes on by itself, says so in a line, and loses nothing."""

import copy
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import Server
from proving.servers.valkey import Valkey
from proving.startup.full_disk import may_be_full
from tests.acceptance.conftest import Install
from tests.support.installation import ROLES, Installation
from tests.support.outcome import by_id
from tests.support.processes import WRITEOFF, Process, eventually
from tests.support.upstream import Event, example
from workers import brokers

#: Longer than the roles' own waits between two tries.
AWAY_SECONDS = 3.0


def write_off(installed: Installation, number: int) -> None:
    """Publish an account and the request to write it off."""
    account_id = f"RW-70000{number}"
    account = renamed(example("account-updated"), number)
    account["data"]["account_id"] = account["subject"] = account_id
    request = renamed(example("write-off-requested.personal"), number)
    request["data"]["request_id"] = request["subject"] = f"WR-{number}"
    request["data"]["accounts"][0]["account_id"] = account_id
    installed.publish(account, request)


def renamed(event: Event, number: int) -> Event:
    event = copy.deepcopy(event)
    event["id"] = f"{event['id']}-{number}"
    return event


def letters(installed: Installation) -> int:
    return len(installed.select("SELECT 1 FROM messages_out WHERE destination = 'letter'"))


def away_and_back(installed: Installation, server: Server, meanwhile: Callable[[], None]) -> None:
    """One account before the outage, one during it, one after it; each gets its two letters."""
    installed.start(*ROLES)
    write_off(installed, 1)
    eventually(lambda: letters(installed) == 2, "letters before")
    server.kill()
    meanwhile()
    time.sleep(AWAY_SECONDS)
    server.start()
    write_off(installed, 3)
    eventually(lambda: letters(installed) == 6, "letters after")
    installed.settle()
    assert {role for role in ROLES if installed.processes[role].running()} == set(ROLES)
    installed.assert_calm()
    told = by_id(installed.read())
    assert len(told["letter"]) == 6
    assert told["writeoff.dead-letter"] == {}


def test_postgresql(own_postgresql: PostgreSQL, install: Install) -> None:
    installed = install(database_url=own_postgresql.create_database("outage"))
    away_and_back(installed, own_postgresql, lambda: write_off(installed, 2))


def test_rabbitmq(own_rabbitmq: RabbitMQ, install: Install) -> None:
    installed = install(broker_url=own_rabbitmq.create_database("outage"))

    def nothing_comes_in() -> None:
        installed.processes["intake"].wait_for("writeoff.role.waiting")
        own_rabbitmq.start()
        write_off(installed, 2)
        own_rabbitmq.kill()

    away_and_back(installed, own_rabbitmq, nothing_comes_in)


@pytest.mark.parametrize("kind", ["valkey", "rabbitmq"])
def test_tasks(install: Install, kind: str, request: pytest.FixtureRequest) -> None:
    server: Valkey | RabbitMQ = request.getfixturevalue(f"own_{kind}")
    installed = install(tasks_url=server.create_database("outage"))

    def intake_goes_on() -> None:
        before = time.monotonic()
        write_off(installed, 2)
        eventually(lambda: len(installed.select("SELECT 1 FROM processes")) == 2, "an account accepted", 10)
        assert time.monotonic() - before < 10

    away_and_back(installed, server, intake_goes_on)
    installed.processes["worker"].wait_for("writeoff.tasks.waiting")
    installed.processes["worker"].wait_for("writeoff.tasks.back")


def test_brokers_that_were_set_up_anew(rabbitmq: RabbitMQ, install: Install) -> None:
    """Queues, bindings and hints are gone; what was taken before is in the database."""
    names = [f"anew_{kind}_{os.getpid()}" for kind in ("messages", "tasks")]
    broker_url, tasks_url = map(rabbitmq.create_database, names)
    installed = install(broker_url=broker_url, tasks_url=tasks_url)
    installed.start(*ROLES)
    write_off(installed, 1)
    eventually(lambda: letters(installed) == 2, "letters before")
    installed.settle()
    for name in names:
        rabbitmq.drop_database(name)
    installed.processes["intake"].wait_for("writeoff.role.waiting")
    for name in names:
        rabbitmq.create_database(name)
    eventually(lambda: has_queues(broker_url), "the queues again")
    write_off(installed, 2)
    eventually(lambda: letters(installed) == 4, "letters after")
    installed.settle()
    assert len(by_id(installed.read())["letter"]) == 2
    installed.assert_calm()


def test_a_rabbitmq_whose_data_are_gone_is_filled_again(
    own_rabbitmq: RabbitMQ, install: Install, tmp_path: Path
) -> None:
    """Some was read, some lay in queues, some was listed: the node comes back with an empty folder."""
    installed = install(broker_url=own_rabbitmq.url())
    installed.start(*ROLES)
    write_off(installed, 1)
    eventually(lambda: letters(installed) == 2, "letters that are read")
    installed.settle()
    read = installed.read()
    write_off(installed, 2)
    eventually(lambda: letters(installed) == 4, "letters that lie in their queue")
    installed.settle()
    installed.processes["relay"].kill()
    write_off(installed, 3)
    eventually(lambda: letters(installed) == 6, "letters that are listed")
    assert installed.select("SELECT 1 FROM outbox")

    own_rabbitmq.kill()
    shutil.rmtree(own_rabbitmq.folder / "data")
    own_rabbitmq.start()
    assert own_rabbitmq.evaluate("rabbit_amqqueue:count().").strip() in {"{ok, 0}", "{ok,0}"}

    since = ["outbox", "replay", "--since", "2026-01-01", "--as", "grace"]
    replay = subprocess.run(
        [sys.executable, *WRITEOFF, *since],
        env={**os.environ, **installed.settings},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert replay.returncode == 0, replay.stderr
    assert "messages were listed again" in replay.stdout
    for role in set(ROLES) - {"relay"}:
        assert installed.processes[role].stop() == 0
    installed.start(*ROLES)
    write_off(installed, 4)
    eventually(lambda: letters(installed) == 8, "letters of what was said afterwards")
    installed.settle()

    after = installed.read()
    seen = {name: by_id({name: [*read[name], *found]})[name] for name, found in after.items()}
    written = installed.select("SELECT destination, message_id, body FROM messages_out")
    assert {str(row["message_id"]): json.loads(row["body"]) for row in written} == {
        key: each for found in seen.values() for key, each in found.items()
    }
    # Again what was read, everything that was lost, and nothing else: whoever deduplicates sees each once.
    assert {name: by_id(after)[name] for name in after} == seen
    assert len(seen["letter"]) == 8
    assert len(installed.select("SELECT 1 FROM processes WHERE end_reason = 'completed'")) == 4
    installed.assert_calm()


def test_a_full_disk_under_an_sqlite_database(install: Install, sqlite_url: str, tmp_path: Path) -> None:
    """What was decided stays, what comes waits, and all is done when there is room again."""
    installed = install(database_url=sqlite_url)
    full = tmp_path / "full"
    up = installed.processes["up"] = Process.up(may_be_full(installed.settings, full), tmp_path / "up.log")
    for role in ROLES:
        if role != "worker":
            up.wait_for("writeoff.role.started", role=role)
    write_off(installed, 1)
    eventually(lambda: letters(installed) == 2, "letters before")
    installed.settle()

    full.touch()
    write_off(installed, 2)
    waiting = up.wait_for("writeoff.intake.waiting")
    assert waiting["reason"] in {"database or disk is full", "disk I/O error"}
    up.wait_for("writeoff.role.waiting", role="scheduler")  # the relay has nothing to write
    assert installed.select("SELECT account_id FROM processes") == [{"account_id": "RW-700001"}]
    time.sleep(AWAY_SECONDS)
    full.unlink()

    eventually(lambda: letters(installed) == 4, "letters of what came while the disk was full")
    write_off(installed, 3)
    eventually(lambda: letters(installed) == 6, "letters after")
    installed.settle()
    installed.assert_calm(["up"])
    assert up.stop() == 0
    told = by_id(installed.read())
    assert len(told["letter"]) == 6
    assert told["writeoff.dead-letter"] == {}
    assert installed.select("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_log_on_a_full_disk_stops_no_work(install: Install, sqlite_url: str, tmp_path: Path) -> None:
    """What would be told is not told; what is to be done is done."""
    installed = install(database_url=sqlite_url)
    log = tmp_path / "up.log"
    log.symlink_to("/dev/full")
    up = installed.processes["up"] = Process.up(installed.settings, log)
    write_off(installed, 1)
    eventually(lambda: letters(installed) == 2, "letters that nobody was told of")
    installed.settle()
    assert up.running()
    assert len(by_id(installed.read())["letter"]) == 2


def has_queues(broker_url: str) -> bool:
    depths = brokers.queue_depths(broker_url, ["letter", "writeoff.account-updated"])
    return all(depth.ready is not None for depth in depths.values())
