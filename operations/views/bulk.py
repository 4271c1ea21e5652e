"""How far a bulk request is, and the lists that people make of one (R3)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from handlers.planning.plan import AccountPlan
from operations.views.view import View, amount
from store.engine.transaction import Transaction
from store.queries import bulk_progress, request_progress
from store.work import request_pauses, requests
from store.work.requests import RequestKey

#: The columns of a result file: one row an account, in the request's order.
RESULT_COLUMNS = (
    "ordinal",
    "account_id",
    "request_id",
    "bulk",
    "state",
    "refusal",
    "message",
    "amount",
    "currency",
    "process_id",
    "course",
    "end_reason",
    "ended_on",
    "template",
    "events_complete",
    "events_pending",
    "events_failed",
    "events_canceled",
    "failure",
)
PREVIEW_COLUMNS = (
    "account_id",
    "customer",
    "fulfilment_centre",
    "days_since_default",
    "eligible",
    "refusal",
    "message",
    "template",
    "amount",
    "owed",
    "currency",
)


class Paused(View, frozen=True, kw_only=True):
    """Since when a request is paused, by whom and why."""

    since: datetime
    by: str
    reason: str


class Bulk(View, frozen=True, kw_only=True):
    """A request by its accounts: to decide, refused, or accepted, and those by how far they are."""

    opco: str
    request_id: str
    bulk: bool
    requested_by: str
    received_at: datetime
    disposition: str
    reason: str
    currency: str
    accounts: int
    pending: int
    waiting: int
    awaiting_approval: int
    refused: int
    accepted: int
    running: int
    failed: int
    complete: int
    ends: dict[str, int]
    accepted_amount: str
    answers: int
    plan_digest: str | None
    comparing: bool
    paused: Paused | None


class Previewed(View, frozen=True, kw_only=True):
    """An account of a preview; `amount` would be written off, `owed` is all that it owes."""

    account_id: str
    customer: str | None
    fulfilment_centre: str | None
    days_since_default: int | None
    eligible: bool
    refusal: str | None
    message: str | None
    template: str | None
    amount: str | None
    owed: str | None
    currency: str


def bulk_view(tx: Transaction, key: RequestKey) -> Bulk:
    """Return how far a request is that is there; everything is counted from rows."""
    row = request_progress.header(tx, key)
    counts = requests.counts(tx, key)
    course = {"running": 0, "failed": 0, "complete": 0}
    ends: dict[str, int] = {}
    for each in bulk_progress.processes_by_course(tx, key):
        course[_course(each.status, failed=bool(each.blocked))] += each.processes
        if each.end_reason is not None:
            ends[each.end_reason] = ends.get(each.end_reason, 0) + each.processes
    pause = request_pauses.pause_of(tx, key)
    undecided = counts.pending + counts.waiting + counts.awaiting
    return Bulk(
        opco=key[0],
        request_id=key[1],
        bulk=row.bulk,
        requested_by=row.requested_by,
        received_at=row.received_at,
        disposition=row.disposition,
        reason=row.reason,
        currency=row.currency,
        accounts=undecided + counts.accepted + counts.refused,
        pending=counts.pending,
        waiting=counts.waiting,
        awaiting_approval=counts.awaiting,
        refused=counts.refused,
        accepted=counts.accepted,
        running=course["running"],
        failed=course["failed"],
        complete=course["complete"],
        ends=ends,
        accepted_amount=amount(counts.amount, row.currency),
        answers=row.revision,
        plan_digest=row.plan_digest,
        comparing=row.plan_checked is not None,
        paused=Paused(since=pause.paused_at, by=pause.actor, reason=pause.reason) if pause else None,
    )


def _course(status: str, *, failed: bool) -> str:
    if status != "active":
        return "complete"
    return "failed" if failed else "running"


def result_rows(tx: Transaction, key: RequestKey) -> Iterator[dict[str, Any]]:
    """Return the rows of a result file."""
    row = request_progress.header(tx, key)
    for each in bulk_progress.results(tx, key):
        known = each.amount_minor is not None
        yield {
            "ordinal": each.ordinal,
            "account_id": each.account_id,
            "request_id": key[1],
            "bulk": "yes" if row.bulk else "no",
            "state": each.state,
            "refusal": each.refusal,
            "message": each.message,
            "amount": amount(each.amount_minor, row.currency) if known else None,
            "currency": row.currency if known else None,
            "process_id": each.process_id,
            "course": _course(each.process_status, failed=each.events_failed > 0)
            if each.process_status is not None
            else None,
            "end_reason": each.end_reason,
            "ended_on": each.ended_on,
            "template": each.template,
            "events_complete": each.events_complete,
            "events_pending": each.events_pending,
            "events_failed": each.events_failed,
            "events_canceled": each.events_canceled,
            "failure": each.failure,
        }


def previewed(plan: AccountPlan, currency: str) -> Previewed:
    """Return an account of a plan as R3 lists it."""
    balances = [int(value) for name, value in plan.fields.items() if name.startswith("balances.")]
    return Previewed(
        account_id=plan.account_id,
        customer=plan.customer,
        fulfilment_centre=plan.account.fulfilment_centre if plan.account else None,
        days_since_default=plan.days_in_default,
        eligible=plan.eligible,
        refusal=plan.refusal,
        message=plan.message,
        template=plan.process.template if plan.process else None,
        amount=amount(plan.amount, currency) if plan.amount is not None else None,
        owed=amount(sum(balance for balance in balances if balance > 0), currency) if plan.account else None,
        currency=currency,
    )
