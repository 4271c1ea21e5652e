"""Peers as processes of an installation of their own, and whether they did what the product does."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.installation import Installation
from proving.speed.measuring import load, run
from store import tables

PEERS = ("celery", "dramatiq")
#: On two cores, each as it is fastest: README.md has what was tried.
_COMMANDS = {
    "celery": ("celery", "-A", "benchmarks.peers.celery_app", "worker", "--concurrency", "2"),
    "dramatiq": ("dramatiq", "benchmarks.peers.dramatiq_app", "-p", "2", "-t", "2"),
}
#: Dramatiq on Redis sleeps while its prefetch is full, by default at twice its threads.
_PREFETCH = {"dramatiq_queue_prefetch": "100"}
#: What the product keeps of work that is under way, and does behind the flow (seals): a peer has none of it.
_BESIDE_THE_FLOW = frozenset(
    {
        *("outbox", "destinations", "publications", "running", "leases", "suspects", "timers"),
        # Seals, and sums of what is there: kept up by the scheduler, which no peer has.
        *("seals", "unsealed", "ledger_totals", "totalled", "enforced_totals", "enforced_changes"),
    }
)


def load_for_peer(place: Installation, sizes: dict[str, int]) -> None:
    """Load accounts with the product's intake: what comes before the request is not compared."""
    place.start(("intake", "relay"))
    place.fix_business_date()
    for name, accounts in sizes.items():
        load(place, name, accounts)
    place.stop()


@contextmanager
def peer(place: Installation, kind: str, warm_up: str, accounts: int) -> Iterator[None]:
    """Start a peer, and let it run some accounts before it is measured."""
    environment = {
        **place.environment(),
        **_PREFETCH,
        "PEER_DATABASE_URL": place.database_url,
        "PEER_BROKER_URL": place.broker_url,
        "PEER_TASKS_URL": place.tasks_url,
    }
    place.spawn("tasks", [sys.executable, "-m", *_COMMANDS[kind]], environment)
    place.spawn("consumer", [sys.executable, "-m", "benchmarks.peers.consumer", kind], environment)
    try:
        run(place, warm_up, accounts, bulk=False)
        yield
    finally:
        place.stop()


def differences(product: Installation, other: Installation) -> list[str]:
    """Compare two installations that had the same requests: rows by table, and messages by id and type."""
    found = []
    for table in tables.metadata.sorted_tables:
        if table.name not in _BESIDE_THE_FLOW:
            counts = [place.count(f"SELECT count(*) FROM {table.name}") for place in (product, other)]
            if counts[0] != counts[1]:
                found.append(f"{table.name}: {counts[0]} rows, {other.name} {counts[1]}")
    messages = [_messages(place) for place in (product, other)]
    if messages[0] != messages[1]:
        only = [len(messages[0] - messages[1]), len(messages[1] - messages[0])]
        found.append(f"messages: {only[0]} are the product's alone, {only[1]} {other.name}'s")
    return found


def _messages(place: Installation) -> set[tuple[str, str]]:
    with place.database.read() as tx:
        statement = "SELECT message_id::text, type FROM messages_out"
        return {(row[0], row[1]) for row in tx.connection.exec_driver_sql(statement)}
