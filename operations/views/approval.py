"""Approvals: where a request stands with its own, and which requests somebody must decide (R5)."""

from datetime import datetime

from operations.views.view import View, amount, of_row
from store.engine.transaction import Transaction
from store.queries import approvals
from store.work.requests import RequestKey


class Approval(View, frozen=True, kw_only=True):
    """`state`: checking (the total is not known yet), not-needed, awaiting, approved or refused."""

    state: str
    roles: list[str]
    total: str | None
    override_hold: bool
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class Awaiting(View, frozen=True, kw_only=True):
    """A request that one of `roles` must approve or refuse."""

    opco: str
    request_id: str
    bulk: bool
    requested_by: str
    received_at: datetime
    currency: str
    total: str
    roles: list[str]


def approval_view(tx: Transaction, key: RequestKey, currency: str) -> Approval | None:
    """Return where a request stands; None when it needs no approval at any total."""
    rows = approvals.of_request(tx, key)
    if not rows:
        return None
    [row] = rows
    total = None if row.total_minor is None else amount(row.total_minor, currency)
    return of_row(Approval, row, roles=_roles(row.roles), total=total)


def awaiting_view(tx: Transaction, limit: int) -> list[Awaiting]:
    """Return what awaits approval, oldest first."""
    return [
        of_row(Awaiting, row, roles=_roles(row.roles), total=amount(row.total_minor, row.currency))
        for row in approvals.awaiting(tx, limit)
    ]


def _roles(text: str) -> list[str]:
    return [role for role in text.split(",") if role]
