"""Events that failed: each blocks what comes after it until it is retried or skipped (R9)."""

from operations.views.view import View, of_row
from store.engine.transaction import Transaction
from store.queries import failed_events
from store.queries.failed_events import Filter
from store.work.events import EventKey


class FailedEvent(View, frozen=True, kw_only=True):
    """An event that cannot be executed as things are, and why."""

    process_id: str
    sequence: int
    opco: str
    account_id: str
    kind: str
    event_type: str
    attempts: int
    reason: str | None
    detail: str | None


class Page(View, frozen=True, kw_only=True):
    """Some failed events; `next` is what `--after` takes for those that follow."""

    events: list[FailedEvent]
    next: str | None


def page_of(tx: Transaction, which: Filter, after: EventKey | None, limit: int) -> Page:
    """Return failed events in the order of their keys."""
    rows = [of_row(FailedEvent, row) for row in failed_events.page(tx, which, after, limit + 1)]
    shown = rows[:limit]
    last = f"{shown[-1].process_id}/{shown[-1].sequence}" if len(rows) > limit else None
    return Page(events=shown, next=last)
