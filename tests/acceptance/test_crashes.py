"""`kill -9` of each role in the middle of a run: what comes out is what an undisturbed run brings out."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from tests.acceptance.conftest import Install
from tests.support import policies, upstream
from tests.support.installation import Installation, publish
from tests.support.outcome import rows, said
from tests.support.processes import PATIENCE_SECONDS, eventually
from tests.support.world import World

BULK = [f"RW-8{number:05}" for number in range(240)]
SINGLE = [f"RW-9{number:05}" for number in range(60)]
#: Which agency gets an account depends on what the others had got before; here there is but one.
ONE_AGENCY = ('name = "Volcano Credit"', 'name = "Volcano Credit"\nactive = false')

ACCOUNTS = [upstream.account(account_id) for account_id in (*BULK, *SINGLE)]
REQUESTS = [
    upstream.request("WR-BULK", *BULK),
    *(upstream.request(f"WR-{account_id}", account_id) for account_id in SINGLE),
]
#: After a relay is killed, its destinations wait for the end of its lease.
LEASE_SECONDS = 35.0
#: The set that a worker is at; what one left that was killed stays for minutes.
RUNNING = "SELECT 1 FROM running WHERE started_at > now() - interval '1 second'"
EVENTS = 5 * len(ACCOUNTS)

Said = dict[str, dict[str, Any]]
Rows = dict[str, list[tuple[str, ...]]]


@pytest.fixture
def policy_dir(tmp_path: Path) -> Path:
    return policies.folder(tmp_path / "policies", ONE_AGENCY)


def completed(installed: Installation) -> int:
    (found,) = installed.select("SELECT count(*) AS n FROM events WHERE status = 'complete'")
    return int(found["n"])


def kill_while(installed: Installation, role: str, sql: str) -> int:
    """Kill a role at a moment when a query finds something, and start another in its place.

    The process is held still for the look, so that what was found is what it was at. Returns how many events
    were complete.
    """
    process = installed.processes[role].process

    def caught() -> bool:
        process.send_signal(signal.SIGSTOP)
        if installed.select(sql):
            return True
        process.send_signal(signal.SIGCONT)
        return False

    eventually(caught, f"{role} at work", every=0.005)
    process.kill()
    process.wait()
    completed_then = completed(installed)
    installed.start(role)
    return completed_then


def undisturbed(database_url: str, broker_url: str, policy_dir: Path) -> tuple[Said, Rows]:
    world = World(database_url, broker_url, policy_dir=policy_dir)
    publish(broker_url, ACCOUNTS)
    world.take()
    publish(broker_url, REQUESTS)
    world.run()
    came_to = said(world.read()), rows(world)
    world.close()
    return came_to


def test_killed_roles_change_nothing(
    install: Install, postgresql: PostgreSQL, rabbitmq: RabbitMQ, policy_dir: Path
) -> None:
    name = f"undisturbed_{os.getpid()}"
    messages, tables = undisturbed(
        postgresql.create_database(name), rabbitmq.create_database(name), policy_dir
    )
    assert sum(map(len, messages.values())) > 3 * len(ACCOUNTS)

    installed = install(policy_dir=policy_dir)
    installed.start("intake", "scheduler")
    installed.publish(*ACCOUNTS)
    kill_while(installed, "intake", "SELECT 1 FROM accounts")
    installed.settle()
    installed.publish(*REQUESTS)
    kill_while(installed, "intake", "SELECT 1 FROM requests")
    eventually(lambda: len(installed.select("SELECT 1 FROM requests")) == len(REQUESTS), "every request")

    installed.start("worker")
    assert kill_while(installed, "worker", RUNNING) < EVENTS
    kill_while(installed, "scheduler", "SELECT 1 FROM leases")
    assert kill_while(installed, "worker", RUNNING) < EVENTS
    eventually(lambda: completed(installed) == EVENTS, "every event")

    installed.start("relay")
    kill_while(installed, "relay", "SELECT 1 FROM destinations WHERE token IS NOT NULL")
    assert installed.select("SELECT 1 FROM outbox")
    installed.settle(LEASE_SECONDS + PATIENCE_SECONDS)

    found = installed.read()
    assert {name: len(said_to) for name, said_to in said(found).items()} == {
        name: len(said_to) for name, said_to in messages.items()
    }
    assert said(found) == messages
    assert rows(installed) == tables
    installed.assert_calm()
