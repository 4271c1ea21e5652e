"""Approvals: of one request, and what awaits one (R5)."""

from collections.abc import Sequence

from sqlalchemy import select

from store.engine.transaction import AnyRow, Transaction
from store.tables import approvals, requests
from store.work.requests import RequestKey


def of_request(tx: Transaction, key: RequestKey) -> Sequence[AnyRow]:
    """Return where a request stands with its approval; nothing when it needs none at any total."""
    statement = select(approvals).where(approvals.c.opco == key[0], approvals.c.request_id == key[1])
    return tx.execute(statement).all()


def awaiting(tx: Transaction, limit: int) -> Sequence[AnyRow]:
    """Return the requests that somebody must approve or refuse, oldest first."""
    statement = (
        select(
            approvals.c.opco,
            approvals.c.request_id,
            approvals.c.total_minor,
            approvals.c.roles,
            requests.c.currency,
            requests.c.bulk,
            requests.c.requested_by,
            requests.c.received_at,
        )
        .join(
            requests,
            (requests.c.opco == approvals.c.opco) & (requests.c.request_id == approvals.c.request_id),
        )
        .where(approvals.c.state == "awaiting")
        .order_by(requests.c.received_at, approvals.c.opco, approvals.c.request_id)
        .limit(limit)
    )
    return tx.execute(statement).all()
