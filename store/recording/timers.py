"""Timers: set once more means set anew."""

from collections.abc import Sequence

from sqlalchemy import delete

from store.engine.transaction import Transaction
from store.tables import timers
from writeoff.facts import TimerCleared, TimerSet
from writeoff.subjects import item_subjects


def timers_set(tx: Transaction, facts: Sequence[TimerSet]) -> None:
    """Set timers; one of the same kind and subject is replaced."""
    latest = {(fact.cause.opco, fact.kind, fact.subject): fact for fact in facts}
    new = tx.insert_new(
        timers,
        ("opco", "kind", "subject", "account_id", "due_on", "due_at", "set_at"),
        [
            (*key, fact.cause.account_id, fact.due_on, fact.due_at, fact.cause.at)
            for key, fact in latest.items()
        ],
        ("opco", "kind", "subject"),
    )
    tx.update(
        timers,
        ("opco", "kind", "subject"),
        ("due_on", "due_at", "set_at"),
        [
            (*key, fact.due_on, fact.due_at, fact.cause.at)
            for key, fact in sorted(latest.items())
            if key not in new
        ],
    )


def timers_cleared(tx: Transaction, facts: Sequence[TimerCleared]) -> None:
    """Clear timers; one that is not set is not missed."""
    for fact in facts:
        tx.execute(
            delete(timers).where(
                timers.c.opco == fact.cause.opco,
                timers.c.kind == fact.kind,
                timers.c.subject == fact.subject,
            )
        )


def clear_item_timers(tx: Transaction, opco: str, request_id: str) -> None:
    """Clear the timers of the accounts of a request that wait for their snapshots (R16)."""
    first, beyond = item_subjects(request_id)
    mine = (timers.c.opco == opco, timers.c.kind == "arrival")
    tx.execute(delete(timers).where(*mine, timers.c.subject >= first, timers.c.subject < beyond))
