"""How far a request is, counted from its items and from the events of its processes."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select

from store.engine.transaction import AnyRow, Transaction
from store.tables import events, processes, request_items, requests
from store.work.requests import RequestKey


def header(tx: Transaction, key: RequestKey) -> AnyRow:
    """Return a request's own row."""
    statement = select(requests).where(requests.c.opco == key[0], requests.c.request_id == key[1])
    return tx.execute(statement).one()


def refusals(tx: Transaction, key: RequestKey) -> Sequence[AnyRow]:
    """Count the refused items by code, most first, each with the first account of that code."""
    statement = (
        select(
            request_items.c.refusal.label("reason"),
            func.count().label("accounts"),
            func.min(request_items.c.account_id).label("first_account_id"),
        )
        .where(
            request_items.c.opco == key[0],
            request_items.c.request_id == key[1],
            request_items.c.state == "refused",
        )
        .group_by(request_items.c.refusal)
        .order_by(func.count().desc(), request_items.c.refusal)
    )
    return tx.execute(statement).all()


def waiting_accounts(tx: Transaction, key: RequestKey, limit: int) -> list[str]:
    """Return the first accounts that wait for a snapshot (R16), in the request's order."""
    statement = (
        select(request_items.c.account_id)
        .where(
            request_items.c.opco == key[0],
            request_items.c.request_id == key[1],
            request_items.c.state == "waiting",
        )
        .order_by(request_items.c.ordinal)
        .limit(limit)
    )
    return list(tx.execute(statement).scalars())


def steps(tx: Transaction, key: RequestKey) -> Sequence[AnyRow]:
    """Count the events of the request's processes by kind and status."""
    of_request = and_(processes.c.opco == key[0], processes.c.request_id == key[1])
    statement = (
        select(events.c.kind, events.c.status, func.count().label("events"))
        .join(processes, processes.c.process_id == events.c.process_id)
        .where(of_request)
        .group_by(events.c.kind, events.c.status)
        .order_by(events.c.kind, events.c.status)
    )
    return tx.execute(statement).all()


def processes_by_status(tx: Transaction, key: RequestKey) -> Sequence[AnyRow]:
    """Count the request's processes by status and reason of their end."""
    statement = (
        select(processes.c.status, processes.c.end_reason, func.count().label("processes"))
        .where(processes.c.opco == key[0], processes.c.request_id == key[1])
        .group_by(processes.c.status, processes.c.end_reason)
        .order_by(processes.c.status, processes.c.end_reason)
    )
    return tx.execute(statement).all()
