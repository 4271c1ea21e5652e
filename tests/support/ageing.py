"""Time that passes: by the database clock, and for everything that came and went."""

from datetime import timedelta

from sqlalchemy import select, text

from store import tables
from store.engine import partitions
from store.engine.database import Database
from store.engine.partitions import Month, following
from store.engine.transaction import Transaction

#: Of whatever says when a message came or went.
DAYS = (
    ("inbox", "received_on"),
    ("inbox_body", "received_on"),
    ("messages_out", "created_on"),
    ("seals", "message_on"),
)
MOMENTS = (("inbox", "received_at"), ("messages_out", "created_at"), ("journals", "posted_at"))
#: Everything that runs out by the database clock.
CLOCKS = (
    (tables.leases, "expires_at"),
    (tables.running, "started_at"),
    (tables.timers, "due_at"),
    (tables.destinations, "leased_until"),
    (tables.destinations, "retry_at"),
)


def let_pass(database: Database, seconds: float) -> None:
    """Let time pass by the database clock: leases, fences, back-offs and waits are that much older."""
    with database.begin() as tx:
        for table, column in CLOCKS:
            keys = [each.name for each in table.primary_key]
            found = tx.execute(select(*table.primary_key, table.c[column])).all()
            moved = [
                (*row[:-1], row[-1] - timedelta(seconds=seconds)) for row in found if row[-1] is not None
            ]
            tx.update(table, keys, (column,), moved)


def age(tx: Transaction, days: int) -> None:
    """Let everything have come and gone so many days before; on PostgreSQL in partitions of its months."""
    if tx.postgresql:
        then = tx.now.date() - timedelta(days=days)
        first = then.replace(day=1)
        for table in partitions.PARTITIONED:
            for begin in ((first - timedelta(days=1)).replace(day=1), first, following(first)):
                partitions._make(tx, Month(table=table, first=begin, next_first=following(begin)))
    for table, column in DAYS:
        earlier = f"{column} - {days}" if tx.postgresql else f"date({column}, '-{days} days')"
        tx.execute(text(f"UPDATE {table} SET {column} = {earlier}"))
    for table, column in MOMENTS:
        day = f"date(substr({column}, 1, 10), '-{days} days') || substr({column}, 11)"
        earlier = f"{column} - interval '{days} days'" if tx.postgresql else day
        tx.execute(text(f"UPDATE {table} SET {column} = {earlier}"))
