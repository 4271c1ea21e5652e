"""Kinds of events that operations have paused: rows that scheduler and executors read."""

from datetime import datetime

from sqlalchemy import delete, select

from store.engine.transaction import Transaction
from store.tables import paused_kinds
from writeoff.value import Value


class Pause(Value, frozen=True, kw_only=True):
    """A kind that does not run, since when, by whom and why."""

    kind: str
    reason: str
    actor: str
    paused_at: datetime


def pause(tx: Transaction, kind: str, reason: str, actor: str) -> None:
    """Pause a kind; pausing it again replaces the reason."""
    names = ("kind", "reason", "actor", "paused_at")
    row = (kind, reason, actor, tx.now)
    if not tx.insert_new(paused_kinds, names, [row], ("kind",)):
        tx.update(paused_kinds, ("kind",), names[1:], [row])


def resume(tx: Transaction, kind: str) -> bool:
    """End a pause; False when the kind was not paused."""
    return tx.execute(delete(paused_kinds).where(paused_kinds.c.kind == kind)).rowcount == 1


def pauses(tx: Transaction) -> list[Pause]:
    """Return every pause, by kind."""
    return [
        Pause(kind=row.kind, reason=row.reason, actor=row.actor, paused_at=row.paused_at)
        for row in tx.execute(select(paused_kinds).order_by(paused_kinds.c.kind))
    ]
