"""Facts about requests that operators pause and let go on (R3)."""

from collections.abc import Sequence

from sqlalchemy import update

from store.engine.transaction import Transaction
from store.recording.timers import clear_item_timers
from store.tables import paused_requests, request_items
from writeoff.facts import RequestPaused, RequestResumed


def requests_paused(tx: Transaction, facts: Sequence[RequestPaused]) -> None:
    """Write down the pauses; a second one says why anew. Accounts that wait are decided after the pause."""
    names = ("opco", "request_id", "reason", "actor", "paused_at")
    for fact in facts:
        row = (fact.cause.opco, fact.request_id, fact.reason, fact.cause.actor, fact.cause.at)
        if not tx.insert_new(paused_requests, names, [row], names[:2]):
            tx.update(paused_requests, names[:2], names[2:], [row])
        tx.execute(
            update(request_items)
            .where(
                request_items.c.opco == fact.cause.opco,
                request_items.c.request_id == fact.request_id,
                request_items.c.state == "waiting",
            )
            .values(state="pending")
        )
        clear_item_timers(tx, fact.cause.opco, fact.request_id)


def requests_resumed(tx: Transaction, facts: Sequence[RequestResumed]) -> None:
    """Take the pauses away; there may be none."""
    names = ("opco", "request_id")
    tx.delete(paused_requests, names, [(fact.cause.opco, fact.request_id) for fact in facts])
