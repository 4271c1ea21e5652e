"""What the worker itself has on record of the demonstration: messages taken, events, dead letters."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from store.engine.database import Database
from store.tables import dead_letters, events, inbox


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """What could not be used: where it came from, why, at which field, and what would help."""

    queue: str
    reason: str
    path: str | None
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """Messages by (queue, state), events by (kind, status), dead letters."""

    inbox: Mapping[tuple[str, str], int]
    events: Mapping[tuple[str, str], int]
    dead_letters: tuple[DeadLetter, ...]


def read_records(database: Database) -> Records:
    """Count what is on record."""
    with database.read() as tx:
        taken = tx.execute(select(inbox.c.queue, inbox.c.state, func.count()).group_by("queue", "state"))
        done = tx.execute(select(events.c.kind, events.c.status, func.count()).group_by("kind", "status"))
        dead = tx.execute(
            select(
                dead_letters.c.queue, dead_letters.c.reason, dead_letters.c.path, dead_letters.c.problem
            ).order_by(dead_letters.c.queue, dead_letters.c.reason)
        )
        return Records(
            inbox=Counter({(queue, state): count for queue, state, count in taken}),
            events=Counter({(kind, status): count for kind, status, count in done}),
            dead_letters=tuple(
                DeadLetter(queue=queue, reason=reason, path=path, problem=problem)
                for queue, reason, path, problem in dead
            ),
        )
