"""What there is to do, and what keeps it: from the database, where the truth is."""

import json
from datetime import date, datetime

from msgspec import structs

from operations.views.approval import Awaiting, awaiting_view
from operations.views.view import View, of_row
from store import opcos
from store.engine.transaction import Transaction
from store.queries import backlog
from store.work import pausing, request_pauses

#: Requests that are named; a bulk request is one.
NAMED_REQUESTS = 10


class Destination(View, frozen=True, kw_only=True):
    """What a consumer has not been told yet, since when; while it backs off, until when and why."""

    destination: str
    messages: int
    oldest: datetime | None
    failures: int
    retry_at: datetime | None
    last_error: str | None


class Due(View, frozen=True, kw_only=True):
    """Events that may run now, with the oldest due date."""

    opco: str
    kind: str
    events: int
    oldest: date


class Failed(View, frozen=True, kw_only=True):
    """Events that failed, and block what comes after them."""

    opco: str
    kind: str
    events: int


class Timers(View, frozen=True, kw_only=True):
    """What is to be looked at later; `due` of them now."""

    opco: str
    kind: str
    timers: int
    due: int
    next_on: date | None
    next_at: datetime | None


class Waiting(View, frozen=True, kw_only=True):
    """Messages that wait for a snapshot of their account (R16), or for a version that can decide them."""

    opco: str
    type: str
    messages: int
    oldest: datetime


class OpenRequest(View, frozen=True, kw_only=True):
    """A request with accounts that are not decided."""

    opco: str
    request_id: str
    pending: int
    waiting: int


class Running(View, frozen=True, kw_only=True):
    """A set of events that a worker executes now."""

    token: str
    kind: str
    events: int
    worker: str
    started_at: datetime


class Paused(View, frozen=True, kw_only=True):
    """A kind that operations have paused."""

    kind: str
    reason: str
    actor: str
    paused_at: datetime


class PausedRequest(View, frozen=True, kw_only=True):
    """A request that operations have paused."""

    opco: str
    request_id: str
    reason: str
    actor: str
    paused_at: datetime


class Lease(View, frozen=True, kw_only=True):
    """Who holds what only one may do at a time."""

    name: str
    holder: str
    expires_at: datetime


class Backlog(View, frozen=True, kw_only=True):
    """Everything there is to do, at one moment of the database clock."""

    now: datetime
    due: list[Due]
    failed: list[Failed]
    timers: list[Timers]
    waiting: list[Waiting]
    requests: list[OpenRequest]
    awaiting: list[Awaiting]
    destinations: list[Destination]
    running: list[Running]
    paused: list[Paused]
    paused_requests: list[PausedRequest]
    leases: list[Lease]
    dead_letters: int


def backlog_view(tx: Transaction) -> Backlog:
    """Count everything; set-based, so it may be asked at any time."""
    today = {name: opco.today for name, opco in opcos.now(tx).items()}
    return Backlog(
        now=tx.now,
        due=[of_row(Due, row) for row in backlog.due_events(tx, today)],
        failed=[of_row(Failed, row) for row in backlog.failed_events(tx)],
        timers=[of_row(Timers, row) for row in backlog.timers_set(tx, today)],
        waiting=[of_row(Waiting, row) for row in backlog.waiting_messages(tx)],
        awaiting=awaiting_view(tx, NAMED_REQUESTS),
        requests=[of_row(OpenRequest, row) for row in backlog.open_requests(tx, NAMED_REQUESTS)],
        destinations=[of_row(Destination, row) for row in backlog.unpublished(tx)],
        running=[
            of_row(Running, row, events=len(json.loads(row.event_ids))) for row in backlog.running_sets(tx)
        ],
        paused=[
            Paused(kind=each.kind, reason=each.reason, actor=each.actor, paused_at=each.paused_at)
            for each in pausing.pauses(tx)
        ],
        paused_requests=[PausedRequest(**structs.asdict(each)) for each in request_pauses.pauses(tx)],
        leases=[of_row(Lease, row) for row in backlog.leases_held(tx)],
        dead_letters=backlog.count_dead_letters(tx),
    )
