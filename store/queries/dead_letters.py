"""Dead letters: the newest first, a page at a time; groups by reason; one with its bytes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_

from store.engine.transaction import AnyRow, Transaction
from store.tables import dead_letters
from writeoff.dead_letter import DeadLetterState
from writeoff.value import Value

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
        "type",
        "opco",
        "first_seen",
        "last_seen",
        "state",
        "revision",
        "acted_by",
        "acted_id",
        "acted_at",
        "note",
        "became_source",
        "became_id",
    )
]

#: How often it came after somebody had done something about it.
SINCE = case((dead_letters.c.state == "open", 0), else_=dead_letters.c.count - dead_letters.c.acted_count)

#: What somebody should look at: what is open, and what came again after it was retried or discarded.
TO_LOOK_AT = or_(
    dead_letters.c.state == "open",
    and_(
        dead_letters.c.state.in_(("retried", "discarded")), dead_letters.c.count > dead_letters.c.acted_count
    ),
)

Shown = DeadLetterState | Literal["all"]


class Filter(Value, frozen=True, kw_only=True):
    """Which dead letters: each condition that is given. `open` are those to look at; `since` is inclusive."""

    reason: str | None = None
    queue: str | None = None
    type: str | None = None
    since: datetime | None = None
    state: Shown = "open"

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        found = [
            dead_letters.c[name] == value
            for name, value in (("reason", self.reason), ("queue", self.queue), ("type", self.type))
            if value is not None
        ]
        if self.since is not None:
            found.append(dead_letters.c.last_seen >= self.since)
        if self.state == "open":
            found.append(TO_LOOK_AT)
        elif self.state != "all":
            found.append(dead_letters.c.state == self.state)
        return found


def page(tx: Transaction, which: Filter, *, after: str | None, limit: int) -> Sequence[AnyRow]:
    """Return dead letters by when they were last seen, newest first, from the one after the id `after`."""
    statement = select(*_SUMMARY, SINCE.label("since")).where(*which.conditions)
    if after is not None:
        last = select(dead_letters.c.last_seen, dead_letters.c.dead_letter_id).where(
            dead_letters.c.dead_letter_id == after
        )
        statement = statement.where(
            tuple_(dead_letters.c.last_seen, dead_letters.c.dead_letter_id) < last.scalar_subquery()
        )
    order = (dead_letters.c.last_seen.desc(), dead_letters.c.dead_letter_id.desc())
    return tx.execute(statement.order_by(*order).limit(limit)).all()


def groups(tx: Transaction, which: Filter) -> Sequence[AnyRow]:
    """Count dead letters by reason, queue and type; those with the most letters to look at come first."""
    keys = (dead_letters.c.reason, dead_letters.c.queue, dead_letters.c.type)
    to_look_at = func.sum(case((TO_LOOK_AT, 1), else_=0))
    statement = (
        select(
            *keys,
            func.count().label("letters"),
            to_look_at.label("open"),
            func.sum(dead_letters.c.count).label("deliveries"),
            func.min(dead_letters.c.first_seen).label("first_seen"),
            func.max(dead_letters.c.last_seen).label("last_seen"),
        )
        .where(*which.conditions)
        .group_by(*keys)
    )
    return tx.execute(statement.order_by(to_look_at.desc(), *keys)).all()


def matching(tx: Transaction, which: Filter) -> Sequence[AnyRow]:
    """Return id, opco, size and revision of all that match, in the order in which they came first."""
    return tx.execute(_briefly().where(*which.conditions)).all()


def named(tx: Transaction, dead_letter_ids: Sequence[str]) -> Sequence[AnyRow]:
    """Return the same of these, whatever their state."""
    wanted = tx.rows("wanted", [dead_letters.c.dead_letter_id], [(each,) for each in dead_letter_ids])
    return tx.execute(_briefly().join(wanted, dead_letters.c.dead_letter_id == wanted.c.dead_letter_id)).all()


def _briefly() -> Select[Any]:
    columns = [dead_letters.c[name] for name in ("dead_letter_id", "opco", "size", "revision")]
    return select(*columns).order_by(dead_letters.c.first_seen, dead_letters.c.dead_letter_id)


def find(tx: Transaction, dead_letter_id: str) -> "AnyRow | None":
    """Return one dead letter with its exact bytes, headers and properties."""
    try:
        wanted = str(UUID(dead_letter_id))
    except ValueError:
        return None
    columns = [*_SUMMARY, dead_letters.c.body, dead_letters.c.headers, dead_letters.c.properties]
    statement = select(*columns, SINCE.label("since")).where(dead_letters.c.dead_letter_id == wanted)
    return tx.execute(statement).one_or_none()
