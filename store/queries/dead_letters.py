"""Dead letters: the newest first, a page at a time; one with its bytes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_

from store.tables import dead_letters
from store.transaction import AnyRow, Transaction

#: Everything but what arrived itself, which may be 16 MiB of somebody's data.
_SUMMARY = [
    dead_letters.c[name]
    for name in (
        "dead_letter_id",
        "queue",
        "reason",
        "path",
        "problem",
        "count",
        "size",
        "sha256",
        "content_type",
        "first_seen",
        "last_seen",
    )
]


def page(
    tx: Transaction, *, queue: str | None, reason: str | None, after: str | None, limit: int
) -> Sequence[AnyRow]:
    """Return dead letters by when they were last seen, newest first, from the one after the id `after`."""
    statement = select(*_SUMMARY)
    if queue is not None:
        statement = statement.where(dead_letters.c.queue == queue)
    if reason is not None:
        statement = statement.where(dead_letters.c.reason == reason)
    if after is not None:
        last = select(dead_letters.c.last_seen, dead_letters.c.dead_letter_id).where(
            dead_letters.c.dead_letter_id == after
        )
        statement = statement.where(
            tuple_(dead_letters.c.last_seen, dead_letters.c.dead_letter_id) < last.scalar_subquery()
        )
    order = (dead_letters.c.last_seen.desc(), dead_letters.c.dead_letter_id.desc())
    return tx.execute(statement.order_by(*order).limit(limit)).all()


def find(tx: Transaction, dead_letter_id: str) -> "AnyRow | None":
    """Return one dead letter with its exact bytes, headers and properties."""
    try:
        wanted = str(UUID(dead_letter_id))
    except ValueError:
        return None
    columns = [*_SUMMARY, dead_letters.c.body, dead_letters.c.headers, dead_letters.c.properties]
    return tx.execute(select(*columns).where(dead_letters.c.dead_letter_id == wanted)).one_or_none()
