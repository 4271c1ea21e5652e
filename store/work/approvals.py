"""What was approved of requests, and what awaits it (R5)."""

from collections.abc import Iterable

from sqlalchemy import select

from store.engine.transaction import Transaction
from store.tables import approvals, request_items, requests
from store.work.requests import RequestKey
from writeoff.approval import Approved


def awaiting_automatic(tx: Transaction, accounts: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the accounts for which an attempt has led to a request that awaits approval (R5, R6)."""
    wanted = sorted(set(accounts))
    if not wanted:
        return set()
    rows = tx.rows("wanted", [request_items.c.opco, request_items.c.account_id], wanted)
    found = (
        select(request_items.c.opco, request_items.c.account_id)
        .join(
            requests,
            (requests.c.opco == request_items.c.opco) & (requests.c.request_id == request_items.c.request_id),
        )
        .where(
            request_items.c.opco == rows.c.opco,
            request_items.c.account_id == rows.c.account_id,
            request_items.c.state == "awaiting",
            requests.c.origin == "repossession-failed",
        )
    )
    return {(row.opco, row.account_id) for row in tx.execute(tx.of_each(rows, found))}


def approved_totals(tx: Transaction, keys: Iterable[RequestKey]) -> dict[RequestKey, Approved]:
    """Return what requests were let through with, those whose total was looked at (R5)."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [approvals.c.opco, approvals.c.request_id], wanted)
    columns = [approvals.c[name] for name in ("opco", "request_id", "total_minor", "decided_roles")]
    statement = (
        select(*columns)
        .join(rows, (approvals.c.opco == rows.c.opco) & (approvals.c.request_id == rows.c.request_id))
        .where(approvals.c.total_minor.is_not(None))
    )
    return {
        (row.opco, row.request_id): Approved(
            total=row.total_minor, roles=tuple(each for each in (row.decided_roles or "").split(",") if each)
        )
        for row in tx.execute(statement)
    }
