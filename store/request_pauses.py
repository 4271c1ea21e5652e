"""Requests that operations have paused: rows that expander, scheduler and executor read."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select

from store.requests import RequestKey
from store.tables import events, paused_requests, request_items
from store.transaction import Transaction
from writeoff.value import Value


class RequestPause(Value, frozen=True, kw_only=True):
    """A request of which nothing is done, since when, by whom and why."""

    opco: str
    request_id: str
    reason: str
    actor: str
    paused_at: datetime


def is_paused(tx: Transaction, key: RequestKey) -> bool:
    """Tell whether a request is paused."""
    return pause_of(tx, key) is not None


def pause_of(tx: Transaction, key: RequestKey) -> RequestPause | None:
    """Return the pause of a request, if it is paused."""
    found = [each for each in pauses(tx) if (each.opco, each.request_id) == key]
    return found[0] if found else None


def pauses(tx: Transaction) -> list[RequestPause]:
    """Return every pause; they are few, since people make them."""
    statement = select(paused_requests).order_by(paused_requests.c.opco, paused_requests.c.request_id)
    return [RequestPause(**row._mapping) for row in tx.execute(statement).all()]  # noqa: SLF001 - SQLAlchemy's public name


def running_events() -> ColumnElement[bool]:
    """Return the condition that an event's request is not paused."""
    return ~_paused(events.c.opco, events.c.request_id)


def running_items() -> ColumnElement[bool]:
    """Return the condition that an item's request is not paused."""
    return ~_paused(request_items.c.opco, request_items.c.request_id)


def _paused(opco: ColumnElement[str], request_id: ColumnElement[str]) -> ColumnElement[bool]:
    same = and_(paused_requests.c.opco == opco, paused_requests.c.request_id == request_id)
    return exists().where(same)
