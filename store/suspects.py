"""Deliveries that came again: each is marked before it is looked at, and unmarked by the commit that ends it.

The broker's own count will not do: it also rises for messages that were sent ahead and never looked at.
"""

from collections.abc import Iterable

from sqlalchemy import select

from store.tables import suspects
from store.transaction import Transaction

#: queue, SHA-256 of the bytes
SuspectKey = tuple[str, str]


def mark(tx: Transaction, keys: Iterable[SuspectKey]) -> dict[SuspectKey, int]:
    """Count one more look at each; return how many looks that makes."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    columns = ("queue", "sha256", "tries", "seen_at")
    new = tx.insert_new(suspects, columns, [(*key, 1, tx.now) for key in wanted], ("queue", "sha256"))
    again = [key for key in wanted if key not in new]
    tries = dict.fromkeys(new, 1)
    if again:
        rows = tx.rows("wanted", [suspects.c.queue, suspects.c.sha256], again)
        statement = select(suspects.c.queue, suspects.c.sha256, suspects.c.tries).join(
            rows, (suspects.c.queue == rows.c.queue) & (suspects.c.sha256 == rows.c.sha256)
        )
        counted = {(row.queue, row.sha256): row.tries + 1 for row in tx.execute(statement)}
        tx.update(
            suspects,
            ("queue", "sha256"),
            ("tries", "seen_at"),
            [(*key, count, tx.now) for key, count in sorted(counted.items())],
        )
        tries |= counted
    return {(str(queue), str(sha256)): count for (queue, sha256), count in tries.items()}


def clear(tx: Transaction, keys: Iterable[SuspectKey]) -> None:
    """Forget suspects that came through."""
    tx.delete(suspects, ("queue", "sha256"), sorted(set(keys)))
