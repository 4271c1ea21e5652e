"""The ceiling: the same rows by COPY and the same bodies by batched confirmed publish, with no logic at all.

What a product run has written is read back and played back with fresh ids: each set one transaction with its
messages behind it, by as many processes as the product has workers.
"""

import multiprocessing
import re
import time
from collections.abc import Iterable, Sequence
from multiprocessing.synchronize import Barrier

import psycopg

from benchmarks.installation import Installation
from messages.destinations import route
from messages.outbound import CONTENT_TYPE
from proving.speed.measuring import EVENTS_AN_ACCOUNT
from store import tables
from workers.brokers import Outgoing, connect_outbound, contract_topology
from writeoff.value import Value

#: One interpreter uses one core, and the product has two workers.
PLAYERS = 2
#: Messages a wait for confirms, as in the product's relay.
_BATCH = 1_000
#: Longest time for a player to connect.
_READY_SECONDS = 60.0
#: What was there before the requests, or is no trace of them.
_NOT_PLAYED = frozenset(
    {
        *("accounts", "account_snapshots", "persons", "agency_debt"),
        *("opcos", "policies", "periods", "plans", "plan_parts"),
        *("outbox", "destinations", "publications", "running", "leases", "suspects", "timers"),
        *("seals", "unsealed", "ledger_totals", "totalled", "enforced_totals", "enforced_changes"),
    }
)
#: Messages that brought the snapshots (`portfolio.snapshots`).
_SNAPSHOT = b"snap-"
_UUID = re.compile(rb"\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")


class Set(Value, frozen=True, kw_only=True):
    """One transaction: COPY's text by table, and the messages behind it: id, type, destination, body."""

    rows: dict[str, bytes]
    messages: tuple[tuple[str, str, str, bytes], ...]


def record(place: Installation) -> Set:
    """Read back what an installation has written that has run one set of single requests."""
    rows: dict[str, bytes] = {}
    with psycopg.connect(place.database_url) as connection, connection.cursor() as cursor:
        for table in tables.metadata.sorted_tables:
            if table.name in _NOT_PLAYED:
                continue
            with cursor.copy(f"COPY (SELECT * FROM {table.name}) TO STDOUT".encode()) as copy:
                lines = b"".join(map(bytes, copy)).splitlines(keepends=True)
            if kept := b"".join(line for line in lines if _SNAPSHOT not in line):
                rows[table.name] = kept
        cursor.execute(
            "SELECT message_id::text, type, destination, body FROM messages_out ORDER BY destination"
        )
        messages = tuple((row[0], row[1], row[2], row[3].encode()) for row in cursor.fetchall())
    return Set(rows=rows, messages=messages)


def fresh(recorded: Set, prefix: str, number: int) -> Set:
    """Return the set with other accounts than those with `prefix`, and other ids; sizes stay as they are."""
    mask = (number * 2_654_435_761) % 2**32 or 1  # scatters them over an index, as random ids are
    ours = f"{number:0{len(prefix)}}-".encode()

    def other_id(match: re.Match[bytes]) -> bytes:
        return b"%08x" % (int(match[1], 16) ^ mask) + match[2]

    def other(text: bytes) -> bytes:
        return _UUID.sub(other_id, text).replace(prefix.encode() + b"-", ours)

    return Set(
        rows={name: other(text) for name, text in recorded.rows.items()},
        messages=tuple(
            (other(each.encode()).decode(), kind, destination, other(body))
            for each, kind, destination, body in recorded.messages
        ),
    )


def measure(place: Installation, sets: Sequence[Set], accounts_a_set: int) -> float:
    """Play sets into an empty installation; return events a second.

    Raises `RuntimeError` when not every row and message is there.
    """
    place.empty_queues()
    before = place.count("SELECT count(*) FROM messages_out")
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PLAYERS + 1)
    players = [
        context.Process(
            target=_play, args=(place.database_url, place.broker_url, sets[number::PLAYERS], ready)
        )
        for number in range(PLAYERS)
    ]
    for player in players:
        player.start()
    ready.wait(_READY_SECONDS)
    started = time.monotonic()
    for player in players:
        player.join()
    seconds = time.monotonic() - started
    messages = sum(len(each.messages) for each in sets)
    place.wait_for(lambda: place.published() == messages, f"{messages} messages in the queues", 30)
    if place.count("SELECT count(*) FROM messages_out") - before != messages:
        raise RuntimeError("the ceiling did not write every row")
    return len(sets) * accounts_a_set * EVENTS_AN_ACCOUNT / seconds


def fill(place: Installation, sets: Iterable[Set]) -> None:
    """Fill the tables with the rows of sets, as autovacuum would have left them; nothing is published."""
    with psycopg.connect(place.database_url) as connection, connection.cursor() as cursor:
        for each in sets:
            _copy(cursor, each)
            connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _copy(cursor: psycopg.Cursor[tuple[object, ...]], each: Set) -> None:
    for name, text in each.rows.items():
        with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
            copy.write(text)


def _play(database_url: str, broker_url: str, sets: Sequence[Set], ready: Barrier) -> None:
    channel = connect_outbound(broker_url, contract_topology(()))
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        ready.wait(_READY_SECONDS)
        for each in sets:
            _copy(cursor, each)
            connection.commit()
            for start in range(0, len(each.messages), _BATCH):
                channel.publish([_outgoing(*message) for message in each.messages[start : start + _BATCH]])
    channel.close()


def _outgoing(message_id: str, kind: str, destination: str, body: bytes) -> Outgoing:
    where = route(kind, destination)
    return Outgoing(
        id=message_id,
        exchange=where.exchange,
        routing_key=where.routing_key,
        body=body,
        content_type=CONTENT_TYPE,
        message_id=message_id,
        correlation_id=message_id,
        type=kind,
        timestamp=0,
    )
