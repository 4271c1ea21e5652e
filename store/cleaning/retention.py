"""Cleaning up: bodies go after the days that are configured, identities after them, a set at a time.

What goes is what came (`inbox_body`) and the text of what went out; the row of each message that went out
stays, with its digest, and the whole message where a seal is over it. Of dead letters that are done with and
of what consumers acknowledged texts go, and rows stay. So every equation and the audit hold.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import Select, and_, delete, exists, func, select, text, update

from store.cleaning import retiring, retiring_texts
from store.crash_points import reached
from store.engine.partitions import Month, following
from store.engine.transaction import Transaction
from store.tables import inbox, inbox_body, messages_out, outbox, publications, replays, retired, unsealed
from store.traffic.inbox import Identity
from writeoff.value import Value

#: What is told to the general ledger is evidence for the seals, and stays whole.
KEPT_WHOLE = "gl"
#: Identities are known for so long at least, so that what comes again is recognised (R12).
IDENTITY_DAYS = 400
#: Any number of ours: two who clean up at once would copy the same rows.
_LOCK = 0x57_4F_52_45

What = Literal["inbox_body", "messages_out", "dead_letters", "acknowledgements", "inbox"]
_DAYS = {"inbox_body": inbox_body.c.received_on, "messages_out": messages_out.c.created_on}


class Cleaned(Value, frozen=True, kw_only=True):
    """One set: of which table and month, how many rows, and whether that month is done with it."""

    what: What
    month: date | None
    rows: int
    finished: bool


class Due(Value, frozen=True, kw_only=True):
    """What a month or the identities have to give, with how many rows."""

    what: What
    month: date | None
    rows: int


def step(tx: Transaction, keep_days: int, limit: int) -> Cleaned | None:
    """Clean up one set of what is older than so many days; None when nothing is.

    A month is noted as retired before the first of its bodies goes, so that none is ever missed; what was
    begun is gone on with by whoever comes next.
    """
    if tx.postgresql:
        tx.execute(text("SET LOCAL lock_timeout = '2s'"))
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    for month in _months(tx, "inbox_body", keep_days):
        _begin(tx, month)
        return _done(tx, month, *retiring.bodies_in(tx, month, limit))
    for month in _months(tx, "messages_out", keep_days):
        _begin(tx, month)
        return _done(tx, month, *retiring.texts_out(tx, month, limit, KEPT_WHOLE))
    until = (tx.now.date() - timedelta(days=keep_days)).replace(day=1)
    if rows := retiring_texts.letters(tx, until, limit):
        return Cleaned(what="dead_letters", month=None, rows=rows, finished=rows < limit)
    if rows := retiring_texts.acknowledged(tx, until, limit):
        return Cleaned(what="acknowledgements", month=None, rows=rows, finished=rows < limit)
    old = _identities(tx, keep_days)
    gone = tx.execute(select(inbox.c.source, inbox.c.id).where(*old).limit(limit)).all()
    if not gone:
        return None
    tx.delete(inbox, ("source", "id"), [tuple(row) for row in gone])
    tx.execute(delete(publications).where(publications.c.hour < tx.now - timedelta(days=keep_days)))
    return Cleaned(what="inbox", month=None, rows=len(gone), finished=len(gone) < limit)


def due(tx: Transaction, keep_days: int) -> list[Due]:
    """Return what there is to clean up."""
    found: list[Due] = []
    for month in _months(tx, "inbox_body", keep_days):
        rows = tx.execute(select(func.count()).select_from(inbox_body).where(*_in(month))).scalar_one()
        found.append(Due(what="inbox_body", month=month.first, rows=rows))
    for month in _months(tx, "messages_out", keep_days):
        texts = and_(messages_out.c.destination != KEPT_WHOLE, messages_out.c.body.is_not(None))
        rows = tx.execute(
            select(func.count()).select_from(messages_out).where(texts, *_in(month))
        ).scalar_one()
        found.append(Due(what="messages_out", month=month.first, rows=rows))
    until = (tx.now.date() - timedelta(days=keep_days)).replace(day=1)
    texts_of: tuple[Literal["dead_letters", "acknowledgements"], ...] = ("dead_letters", "acknowledgements")
    counted = retiring_texts.due(tx, until)
    found += [Due(what=what, month=None, rows=counted[what]) for what in texts_of if counted[what]]
    # Those whose bodies go first are counted too: they follow them.
    old = _oldest_kept(tx, keep_days)
    rows = tx.execute(
        select(func.count()).select_from(inbox).where(inbox.c.received_on < old, inbox.c.state != "waiting")
    ).scalar_one()
    if rows:
        found.append(Due(what="inbox", month=None, rows=rows))
    return found


def digests(tx: Transaction, identities: Iterable[Identity]) -> dict[Identity, str]:
    """Return the SHA-256 of messages, also of those whose bytes are no longer kept."""
    wanted = sorted(set(identities))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [inbox.c.source, inbox.c.id], wanted)
    same = and_(inbox.c.source == rows.c.source, inbox.c.id == rows.c.id)
    statement = select(inbox.c.source, inbox.c.id, inbox.c.digest).join(rows, same)
    return {(source, message_id): digest for source, message_id, digest in tx.execute(statement).all()}


def is_retired(table_name: What, day: Any) -> Any:
    """Return the condition that a day lies in a month of which the bodies are gone, or are going."""
    return exists().where(
        retired.c.table_name == table_name, retired.c.first <= day, retired.c.next_first > day
    )


def _months(tx: Transaction, table: Literal["inbox_body", "messages_out"], keep_days: int) -> Iterator[Month]:
    """Yield the months that are old enough and not done with, the oldest first."""
    until = _until(tx, table, keep_days)
    statement = select(retired.c.first).where(
        retired.c.table_name == table, retired.c.finished_at.is_not(None)
    )
    finished = set(tx.execute(statement).scalars())
    day = _next_day(tx, table, date.min)
    while day is not None and day.replace(day=1) < until:
        first = day.replace(day=1)
        if first not in finished:
            yield Month(table=table, first=first, next_first=following(first))
        day = _next_day(tx, table, following(first))


def _next_day(tx: Transaction, table: str, since: date) -> date | None:
    found: date | None = tx.execute(select(func.min(_DAYS[table])).where(_DAYS[table] >= since)).scalar_one()
    return found


def _until(tx: Transaction, table: str, keep_days: int) -> date:
    """Return the first month that stays: what waits, is unpublished or unsealed keeps its month."""
    stays: list[date] = [tx.now.date() - timedelta(days=keep_days)]
    needed: tuple[Select[Any], ...]
    if table == "inbox_body":
        needed = (select(func.min(inbox.c.received_on)).where(inbox.c.state == "waiting"),)
    else:
        needed = (
            select(func.min(outbox.c.created_on)),
            select(func.min(unsealed.c.message_on)),
        )
        since = tx.execute(
            select(func.min(replays.c.since)).where(replays.c.finished_at.is_(None))
        ).scalar_one()
        if since is not None:
            stays.append(since.date())
    found = [tx.execute(statement).scalar_one() for statement in needed]
    stays += [day for day in found if day is not None]
    return min(stays).replace(day=1)


def _oldest_kept(tx: Transaction, keep_days: int) -> date:
    """Return from which day on identities are kept: never shorter than the bytes that came under them."""
    return (tx.now.date() - timedelta(days=max(keep_days, IDENTITY_DAYS))).replace(day=1)


def _identities(tx: Transaction, keep_days: int) -> list[Any]:
    body = exists().where(
        inbox_body.c.received_on == inbox.c.received_on,
        inbox_body.c.source == inbox.c.source,
        inbox_body.c.id == inbox.c.id,
    )
    return [inbox.c.received_on < _oldest_kept(tx, keep_days), inbox.c.state != "waiting", ~body]


def _in(month: Month) -> list[Any]:
    day = _DAYS[month.table]
    return [day >= month.first, day < month.next_first]


def _begin(tx: Transaction, month: Month) -> None:
    names = ("table_name", "first", "next_first", "rows", "begun_at")
    tx.insert_new(retired, names, [(month.table, month.first, month.next_first, 0, tx.now)], names[:2])
    reached("retention.begun")


def _done(tx: Transaction, month: Month, rows: int, finished: bool) -> Cleaned:  # noqa: FBT001 - of one set
    values: dict[str, Any] = {"rows": retired.c.rows + rows}
    if finished:
        values["finished_at"] = tx.now
    here = and_(retired.c.table_name == month.table, retired.c.first == month.first)
    tx.execute(update(retired).where(here).values(values))
    what: What = "inbox_body" if month.table == "inbox_body" else "messages_out"
    return Cleaned(what=what, month=month.first, rows=rows, finished=finished)
