"""One installation a database with a whole life in its ledger. What a test changes, it takes back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date

import pytest
import structlog

from proving.servers.postgresql import PostgreSQL
from proving.servers.valkey import Valkey
from store.engine.transaction import Transaction
from tests.support import upstream
from tests.support.world import World

TODAY = date(2026, 11, 3)
REQUEST = upstream.request("WR-1", "RW-1")


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """structlog's own tracebacks draw every local variable, which takes seconds for a case."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def books(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey: Valkey
) -> Iterator[World]:
    name = f"ledger_{os.getpid()}_{request.param}"
    if request.param == "sqlite":
        database_url = f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'writeoff.sqlite'}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        database_url = server.create_database(name)
    world = World(database_url, valkey.create_database(name), business_date=TODAY)
    live(world)
    yield world
    world.close()
    valkey.drop_database(name)
    if request.param == "postgresql":
        request.getfixturevalue("postgresql").drop_database(name)


def live(world: World) -> None:
    """RW-1: two recoveries, one that bounced, a reversal, a bounce after it. RW-2: a recovery. RW-3: nothing.

    Also a small balance, an account of Kenya, and a dead letter.
    """
    world.publish(
        *(upstream.account(f"RW-{number}") for number in range(1, 4)),
        upstream.account("RW-SMALL", owed=40),
        upstream.account("KE-1", opco="KE"),
    )
    world.run()
    world.publish(
        REQUEST,
        upstream.request("WR-2", "RW-2"),
        upstream.request("WR-3", "RW-3"),
        upstream.request("WR-SMALL", "RW-SMALL"),
        upstream.request("WR-KE", "KE-1", opco="KE"),
    )
    world.run_days(TODAY, 60, step=30)
    for number, amount in ((1, 2_000), (2, 500), (3, 700)):
        day = f"2027-01-0{number}T10:00:00Z"
        world.publish(upstream.payment(f"PAY-{number}", "RW-1", amount, received_at=day))
        world.take()
    world.publish(upstream.payment("PAY-4", "RW-2", 1_000, received_at="2026-12-30T10:00:00Z"), bounced(2))
    world.take()
    [process] = world.select("SELECT process_id FROM processes WHERE account_id = 'RW-1'")
    reversal = {
        "request_id": "RV-1",
        "process_id": str(process["process_id"]),
        "account_id": "RW-1",
        "requested_by": upstream.ADMIN,
        "reason": "wrong account",
    }
    world.publish(upstream.event("pulse.write-off-reversal-requested.v1", reversal))
    world.take()
    world.publish(bounced(3))
    world.send("writeoff.payments", b"{torn")
    world.run()


def bounced(number: int) -> upstream.Event:
    data = {
        "payment_id": f"PAY-{number}",
        "account_id": "RW-1",
        "canceled_at": "2027-01-04T10:00:00Z",
        "reason": "bounced",
    }
    return upstream.event("pulse.payment-canceled.v1", data)


class TakenBack(Exception):
    """Ends a transaction without its changes."""


@contextmanager
def changing(world: World) -> Iterator[Transaction]:
    """Open a transaction whose changes are taken back in the end."""
    with suppress(TakenBack), world.database.begin() as tx:
        yield tx
        raise TakenBack
