"""Texts beside the messages: those of dead letters that are done with, and of what consumers acknowledged.

The rows stay, so that every equation holds: a letter with its digest, reason and count, an acknowledgement
with its status. What waits for somebody keeps its texts: an open letter, one that came again, a rejection.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from store.engine.transaction import Transaction
from store.tables import acknowledgements, dead_letters

_HANDLED: tuple[ColumnElement[bool], ...] = (
    dead_letters.c.state != "open",
    # Came again since: it is to be looked at.
    or_(dead_letters.c.state == "edited", dead_letters.c.count == dead_letters.c.acted_count),
    func.length(dead_letters.c.body) > 0,
)
_ACCEPTED: tuple[ColumnElement[bool], ...] = (
    acknowledgements.c.status == "accepted",
    or_(acknowledgements.c.reference.is_not(None), acknowledgements.c.reason.is_not(None)),
)


def letters(tx: Transaction, until: date, limit: int) -> int:
    """Take bytes, headers and properties of letters that came last before a day; return of how many."""
    some = select(dead_letters.c.dead_letter_id).where(*_letters(until)).limit(limit)
    gone = {"body": b"", "headers": "{}", "properties": "{}"}
    return int(
        tx.execute(update(dead_letters).where(dead_letters.c.dead_letter_id.in_(some)).values(gone)).rowcount
    )


def acknowledged(tx: Transaction, until: date, limit: int) -> int:
    """Take what consumers wrote to acknowledgements before a day; return of how many."""
    some = select(acknowledgements.c.message_id).where(*_acknowledged(until)).limit(limit)
    gone: dict[str, Any] = {"reference": None, "reason": None}
    return int(
        tx.execute(
            update(acknowledgements).where(acknowledgements.c.message_id.in_(some)).values(gone)
        ).rowcount
    )


def due(tx: Transaction, until: date) -> dict[str, int]:
    """Return of how many dead letters and acknowledgements the texts are to go."""
    counted = {
        "dead_letters": select(func.count()).select_from(dead_letters).where(*_letters(until)),
        "acknowledgements": select(func.count()).select_from(acknowledgements).where(*_acknowledged(until)),
    }
    return {what: int(tx.execute(statement).scalar_one()) for what, statement in counted.items()}


def _letters(until: date) -> tuple[ColumnElement[bool], ...]:
    return (
        dead_letters.c.last_seen < _midnight(until),
        dead_letters.c.acted_at < _midnight(until),
        *_HANDLED,
    )


def _acknowledged(until: date) -> tuple[ColumnElement[bool], ...]:
    return (acknowledgements.c.acknowledged_at < _midnight(until), *_ACCEPTED)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
