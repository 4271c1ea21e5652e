"""Requests that operations have paused: rows that expander, scheduler and executor read."""

from datetime import datetime

from sqlalchemy import select

from store.engine.transaction import Transaction
from store.tables import paused_requests
from writeoff.value import Value


class RequestPause(Value, frozen=True, kw_only=True):
    """A request of which nothing is done, since when, by whom and why."""

    opco: str
    request_id: str
    reason: str
    actor: str
    paused_at: datetime


_PAUSED = select(paused_requests.c.opco, paused_requests.c.request_id)


def pauses(tx: Transaction) -> list[RequestPause]:
    """Return every pause; they are few, since people make them."""
    statement = select(paused_requests).order_by(paused_requests.c.opco, paused_requests.c.request_id)
    return [
        RequestPause(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in tx.execute(statement).all()
    ]


def paused(tx: Transaction) -> frozenset[tuple[str, str]]:
    """Return the requests (opco, id) that are paused."""
    return frozenset((row[0], row[1]) for row in tx.execute(_PAUSED).all())


def is_paused(tx: Transaction, key: tuple[str, str]) -> bool:
    """Tell whether a request is paused."""
    return key in paused(tx)


def pause_of(tx: Transaction, key: tuple[str, str]) -> RequestPause | None:
    """Return the pause of a request, if it is paused."""
    return next((each for each in pauses(tx) if (each.opco, each.request_id) == key), None)
