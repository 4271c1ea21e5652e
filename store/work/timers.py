"""Timers that are due: by business date, or by the database clock."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from messages.inbound import PaymentCanceled
from store.engine.transaction import Transaction
from store.tables import inbox, timers
from store.tables.types import Timestamp
from writeoff.facts import TimerKind
from writeoff.value import Value

#: Until then the payments of a stored journal are decided, however many they are.
_AFTER_PAYMENTS = timedelta(minutes=1)


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


def set_for_waiting(tx: Transaction) -> int:
    """Set a timer, due now, for each journaled message that waits and has none; return how many those were.

    They wait for a version that can decide them: each start may be the one. A timer without an account locks
    none. A cancellation is looked at after its payment, which may be among them.
    """
    separator = literal("\x1f")
    subject = literal("message\x1f") + inbox.c.source + separator + inbox.c.id
    set_already = select(timers.c.subject).where(
        timers.c.opco == inbox.c.opco, timers.c.kind == "arrival", timers.c.subject == subject
    )
    waiting = select(
        inbox.c.opco,
        literal("arrival"),
        subject,
        func.coalesce(inbox.c.account_id, ""),
        case(
            (inbox.c.type == PaymentCanceled.type_name, literal(tx.now + _AFTER_PAYMENTS, Timestamp)),
            else_=literal(tx.now, Timestamp),
        ),
        literal(tx.now, Timestamp),
    ).where(inbox.c.state == "waiting", ~set_already.exists())
    columns = ["opco", "kind", "subject", "account_id", "due_at", "set_at"]
    insert: Any = (postgresql if tx.postgresql else sqlite).insert(timers)
    return tx.execute(insert.from_select(columns, waiting).on_conflict_do_nothing()).rowcount


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
