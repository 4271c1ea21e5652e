"""Timers that are due: by business date, or by the database clock."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import and_, or_, select

from store.tables import timers
from store.transaction import Transaction
from writeoff.facts import TimerKind
from writeoff.value import Value


class DueTimer(Value, frozen=True, kw_only=True):
    """A timer to look at."""

    opco: str
    kind: TimerKind
    subject: str
    account_id: str


def due(tx: Transaction, today: Mapping[str, date], limit: int) -> list[DueTimer]:
    """Return timers whose day or moment has come."""
    by_date = [and_(timers.c.opco == opco, timers.c.due_on <= day) for opco, day in sorted(today.items())]
    statement = (
        select(timers.c.opco, timers.c.kind, timers.c.subject, timers.c.account_id)
        .where(or_(timers.c.due_at <= tx.now, *by_date))
        .order_by(timers.c.opco, timers.c.account_id, timers.c.kind)
        .limit(limit)
    )
    return [
        DueTimer(opco=row.opco, kind=row.kind, subject=row.subject, account_id=row.account_id)
        for row in tx.execute(statement).all()
    ]


def still_due(tx: Transaction, found: Sequence[DueTimer], today: Mapping[str, date]) -> list[DueTimer]:
    """Return which of these timers are still set and due, read again under the locks of their accounts."""
    if not found:
        return []
    names = ("opco", "kind", "subject")
    wanted = sorted({(each.opco, each.kind, each.subject) for each in found})
    rows = tx.rows("wanted", [timers.c[name] for name in names], wanted)
    on = [timers.c[name] == rows.c[name] for name in names]
    statement = select(timers).join(rows, on[0] & on[1] & on[2])
    now = tx.now
    return [
        DueTimer(opco=row.opco, kind=row.kind, subject=row.subject, account_id=row.account_id)
        for row in tx.execute(statement).all()
        if (row.due_at is not None and row.due_at <= now)
        or (row.due_on is not None and row.opco in today and row.due_on <= today[row.opco])
    ]
