"""A server is killed and comes back: every role goes on by itself, says so in a line, and loses nothing."""

import copy
import os
import time
from collections.abc import Callable

import pytest

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import Server
from proving.servers.valkey import Valkey
from tests.acceptance.conftest import Install
from tests.support.installation import ROLES, Installation
from tests.support.outcome import by_id
from tests.support.processes import eventually
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


def has_queues(broker_url: str) -> bool:
    depths = brokers.queue_depths(broker_url, ["letter", "writeoff.account-updated"])
    return all(depth.ready is not None for depth in depths.values())
