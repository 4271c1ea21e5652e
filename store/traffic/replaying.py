"""Listing messages in the outbox again, a set at a time: a broker has lost what it had confirmed."""

from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from store.engine.transaction import AnyRow, Transaction
from store.tables import messages_out, outbox, replays
from writeoff.value import Value


class Scope(Value, frozen=True, kw_only=True):
    """What is to be published again: messages of an opco, to one destination or all, since a moment."""

    opco: str
    since: datetime
    until: datetime
    destination: str | None
    without_opco: bool


class Replay(Value, frozen=True, kw_only=True):
    """An order to publish again, and how far it has come."""

    replay_id: str
    opco: str
    since: datetime
    destination: str | None
    actor: str
    ordered_at: datetime
    listed: int
    finished_at: datetime | None


class Again(Value, frozen=True, kw_only=True):
    """What a replay would list: messages to a destination, and how many of them are listed anyway."""

    destination: str
    messages: int
    unconfirmed: int


def go_on(tx: Transaction, limit: int) -> int | None:
    """List the next set of the oldest open replay; return how many messages it looked at, None without one.

    Set and cursor are written together, under the lock of the replay's row: whoever goes on after a crash, or
    at the same time, leaves nothing out. What is listed already is not listed twice.
    """
    statement = (
        select(replays)
        .where(replays.c.finished_at.is_(None))
        .order_by(replays.c.ordered_at, replays.c.replay_id)
        .limit(1)
        .with_for_update()
    )
    replay = tx.execute(statement).first()
    if replay is None:
        return None
    found = _next(tx, replay, limit)
    new = [row for row in found if not row.listed]
    tx.insert(
        outbox,
        ("destination", "message_id", "created_on"),
        [(row.destination, row.message_id, row.created_on) for row in new],
    )
    changes: dict[str, object] = {"listed": replays.c.listed + len(new)}
    if found:
        changes |= {"reached_at": found[-1].created_at, "reached_id": found[-1].message_id}
    if len(found) < limit:
        changes["finished_at"] = tx.now
    tx.execute(update(replays).where(replays.c.replay_id == replay.replay_id).values(changes))
    return len(found)


def _next(tx: Transaction, replay: AnyRow, limit: int) -> Sequence[AnyRow]:
    """Return the messages behind the cursor in the order of their writing, day by day."""
    scope = Scope(
        opco=replay.opco,
        since=replay.since,
        until=replay.ordered_at,
        destination=replay.destination,
        without_opco=replay.without_opco,
    )
    conditions = _within(scope)
    first = scope.since
    if replay.reached_at is not None:
        first = replay.reached_at
        behind = and_(
            messages_out.c.created_at == replay.reached_at, messages_out.c.message_id > replay.reached_id
        )
        conditions.append(or_(messages_out.c.created_at > replay.reached_at, behind))
    found: list[AnyRow] = []
    day = _day_from(tx, first.date())
    while day is not None and day <= scope.until.date() and len(found) < limit:
        statement = (
            select(
                messages_out.c.created_on,
                messages_out.c.created_at,
                messages_out.c.message_id,
                messages_out.c.destination,
                _listed().label("listed"),
            )
            .where(messages_out.c.created_on == day, *conditions)
            .order_by(messages_out.c.created_at, messages_out.c.message_id)
            .limit(limit - len(found))
        )
        found += tx.execute(statement).all()
        day = _day_from(tx, date.fromordinal(day.toordinal() + 1))
    return found


def _day_from(tx: Transaction, day: date) -> date | None:
    """Return the first day from `day` on with messages: the day leads their key."""
    statement = select(func.min(messages_out.c.created_on)).where(messages_out.c.created_on >= day)
    found: date | None = tx.execute(statement).scalar_one()
    return found


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    of: ColumnElement[bool] = messages_out.c.opco == scope.opco
    conditions = [
        # What has no text any more cannot be said again.
        messages_out.c.body.is_not(None),
        messages_out.c.created_on >= scope.since.date(),
        messages_out.c.created_at >= scope.since,
        messages_out.c.created_at <= scope.until,
        or_(of, messages_out.c.opco.is_(None)) if scope.without_opco else of,
    ]
    if scope.destination is not None:
        conditions.append(messages_out.c.destination == scope.destination)
    return conditions


def _listed() -> ColumnElement[bool]:
    return exists().where(
        outbox.c.created_on == messages_out.c.created_on, outbox.c.message_id == messages_out.c.message_id
    )


def would_list(tx: Transaction, scopes: Sequence[Scope]) -> list[Again]:
    """Count what replays would list, by destination."""
    counts: dict[str, tuple[int, int]] = {}
    for scope in scopes:
        statement = (
            select(
                messages_out.c.destination,
                func.count(),
                func.count(outbox.c.position),
            )
            .outerjoin(
                outbox,
                and_(
                    outbox.c.created_on == messages_out.c.created_on,
                    outbox.c.message_id == messages_out.c.message_id,
                ),
            )
            .where(*_within(scope))
            .group_by(messages_out.c.destination)
        )
        for name, messages, unconfirmed in tx.execute(statement).all():
            before = counts.get(name, (0, 0))
            counts[name] = (before[0] + messages, before[1] + unconfirmed)
    return [
        Again(destination=name, messages=messages, unconfirmed=unconfirmed)
        for name, (messages, unconfirmed) in sorted(counts.items(), key=itemgetter(0))
    ]


def all_since(tx: Transaction, ordered_at: datetime) -> list[Replay]:
    """Return the replays that were ordered at that moment or later, or are not finished, oldest first."""
    columns = [replays.c[name] for name in Replay.__struct_fields__]
    wanted = or_(replays.c.ordered_at >= ordered_at, replays.c.finished_at.is_(None))
    statement = select(*columns).where(wanted).order_by(replays.c.ordered_at, replays.c.replay_id)
    return [Replay(**row) for row in tx.execute(statement).mappings()]
