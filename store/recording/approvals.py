"""Facts about approvals: awaited, given, refused (R5)."""

from collections.abc import Sequence

from sqlalchemy import update

from store.engine.transaction import Transaction
from store.tables import approvals, request_items
from writeoff.facts import ApprovalAwaited, ApprovalSettled, RequestOpened

#: The code under which the accounts of a refused request are kept; the answer is about the whole request.
REFUSED = "approval-refused"


def approvals_opened(tx: Transaction, facts: Sequence[RequestOpened]) -> None:
    """Append a row for each request that may need approval."""
    tx.insert(
        approvals,
        ("opco", "request_id", "state", "override_hold", "total_minor", "roles"),
        [
            (
                fact.cause.opco,
                fact.request_id,
                "awaiting" if fact.approval.roles else "checking",
                fact.approval.override_hold,
                fact.approval.total,
                ",".join(fact.approval.roles),
            )
            for fact in facts
            if fact.approval is not None
        ],
    )


def approvals_awaited(tx: Transaction, facts: Sequence[ApprovalAwaited]) -> None:
    """Write down what is to be approved, and by whom."""
    tx.update(
        approvals,
        ("opco", "request_id"),
        ("state", "total_minor", "roles"),
        [(fact.cause.opco, fact.request_id, "awaiting", fact.total, ",".join(fact.roles)) for fact in facts],
    )


def approvals_settled(tx: Transaction, facts: Sequence[ApprovalSettled]) -> None:
    """Write down the decision; what awaited it is to be decided again, or refused."""
    for fact in facts:
        mine = (approvals.c.opco == fact.cause.opco, approvals.c.request_id == fact.request_id)
        decided = {
            "decided_by": fact.decided_by,
            "decided_roles": ",".join(fact.roles),
            "decided_at": fact.cause.at,
            "reason": fact.reason,
        }
        total = {"total_minor": fact.total} if fact.total is not None else {}
        tx.execute(
            update(approvals)
            .where(*mine)
            .values(state=fact.state, **total, **(decided if fact.decided_by is not None else {}))
        )
        refused = {"state": "refused", "refusal": REFUSED, "message": fact.reason}
        tx.execute(
            update(request_items)
            .where(
                request_items.c.opco == fact.cause.opco,
                request_items.c.request_id == fact.request_id,
                request_items.c.state == "awaiting",
            )
            .values(**(refused if fact.state == "refused" else {"state": "pending"}))
        )
