"""Deliveries that came again: each is marked before it is looked at, and unmarked by the commit that ends it.

The broker's own count will not do: it also rises for messages that were sent ahead and never looked at.
"""

from collections.abc import Iterable

from sqlalchemy import select

from store.engine.transaction import Transaction
from store.tables import dead_letters, suspects

#: queue, SHA-256 of the bytes
SuspectKey = tuple[str, str]


def tries(tx: Transaction, keys: Iterable[SuspectKey]) -> dict[SuspectKey, int]:
    """Return how often each was looked at without an end; one that is not there never was."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [suspects.c.queue, suspects.c.sha256], wanted)
    statement = select(suspects.c.queue, suspects.c.sha256, suspects.c.tries).join(
        rows, (suspects.c.queue == rows.c.queue) & (suspects.c.sha256 == rows.c.sha256)
    )
    return {(row.queue, row.sha256): row.tries for row in tx.execute(statement).all()}


def kept_unread(tx: Transaction, keys: Iterable[SuspectKey], reason: str) -> set[SuspectKey]:
    """Return those that lie as dead letters of that reason, and about which nobody has done anything."""
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    rows = tx.rows("wanted", [dead_letters.c.queue, dead_letters.c.sha256], wanted)
    same = (dead_letters.c.queue == rows.c.queue) & (dead_letters.c.sha256 == rows.c.sha256)
    statement = select(dead_letters.c.queue, dead_letters.c.sha256).join(rows, same)
    still = (dead_letters.c.reason == reason) & (dead_letters.c.state == "open")
    return {(row.queue, row.sha256) for row in tx.execute(statement.where(still)).all()}


def mark(tx: Transaction, keys: Iterable[SuspectKey]) -> None:
    """Count one more look at each, which is about to begin."""
    wanted = sorted(set(keys))
    before = tries(tx, wanted)
    columns = ("queue", "sha256", "tries", "seen_at")
    new = [(*key, 1, tx.now) for key in wanted if key not in before]
    tx.insert_new(suspects, columns, new, ("queue", "sha256"))
    again = [(*key, before[key] + 1, tx.now) for key in wanted if key in before]
    tx.update(suspects, ("queue", "sha256"), ("tries", "seen_at"), again)


def clear(tx: Transaction, keys: Iterable[SuspectKey]) -> None:
    """Forget suspects that came through."""
    tx.delete(suspects, ("queue", "sha256"), sorted(set(keys)))
