"""How far a request is, counted from its items."""

from datetime import datetime

from operations.views.approval import Approval, approval_view
from operations.views.view import View, amount, of_row
from store.engine.transaction import Transaction
from store.queries import request_progress
from store.work import requests
from store.work.requests import RequestKey

#: Waiting accounts that are named; the others are counted.
NAMED_ACCOUNTS = 20


class RefusedFor(View, frozen=True, kw_only=True):
    """How many accounts were refused for a reason, and the first of them."""

    reason: str
    accounts: int
    first_account_id: str


class Steps(View, frozen=True, kw_only=True):
    """How many events of a kind stand at a status."""

    kind: str
    status: str
    events: int


class Ended(View, frozen=True, kw_only=True):
    """How many processes stand at a status, and why they ended."""

    status: str
    end_reason: str | None
    processes: int


class Request(View, frozen=True, kw_only=True):
    """A request, its accounts by state, and the processes that it opened."""

    opco: str
    request_id: str
    kind: str
    disposition: str
    reason: str
    origin: str
    bulk: bool
    command: str
    requested_by: str
    received_at: datetime
    policy_digest: str
    revision: int
    accounts: int
    decided: int
    pending: int
    waiting: int
    awaiting: int
    accepted: int
    refused: int
    currency: str
    accepted_amount: str
    awaiting_amount: str
    approval: Approval | None
    waiting_accounts: list[str]
    refusals: list[RefusedFor]
    processes: list[Ended]
    events: list[Steps]


def request_view(tx: Transaction, key: RequestKey) -> Request:
    """Return a request that is there."""
    row = request_progress.header(tx, key)
    counts = requests.counts(tx, key)
    decided = counts.accepted + counts.refused
    return of_row(
        Request,
        row,
        accounts=decided + counts.pending + counts.waiting + counts.awaiting,
        decided=decided,
        pending=counts.pending,
        waiting=counts.waiting,
        awaiting=counts.awaiting,
        accepted=counts.accepted,
        refused=counts.refused,
        accepted_amount=amount(counts.amount, row.currency),
        awaiting_amount=amount(counts.awaiting_amount, row.currency),
        approval=approval_view(tx, key, row.currency),
        waiting_accounts=request_progress.waiting_accounts(tx, key, NAMED_ACCOUNTS),
        refusals=[of_row(RefusedFor, each) for each in request_progress.refusals(tx, key)],
        processes=[of_row(Ended, each) for each in request_progress.processes_by_status(tx, key)],
        events=[of_row(Steps, each) for each in request_progress.steps(tx, key)],
    )
