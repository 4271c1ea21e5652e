"""What there is to do: due events, timers, waiting messages, undecided requests, sets that run, leases."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import and_, case, func, or_, select

from store.engine.transaction import AnyRow, Transaction
from store.queries.dead_letters import TO_LOOK_AT
from store.tables import (
    dead_letters,
    destinations,
    events,
    inbox,
    leases,
    messages_out,
    outbox,
    request_items,
    running,
    timers,
)


def due_events(tx: Transaction, today: Mapping[str, date]) -> list[AnyRow]:
    """Count due events by opco and kind, with the oldest due date."""
    found: list[AnyRow] = []
    for opco, day in sorted(today.items()):
        statement = (
            select(
                events.c.opco,
                events.c.kind,
                func.count().label("events"),
                func.min(events.c.due_on).label("oldest"),
            )
            .where(events.c.opco == opco, events.c.due_on <= day)
            .group_by(events.c.opco, events.c.kind)
            .order_by(events.c.kind)
        )
        found += tx.execute(statement)
    return found


def failed_events(tx: Transaction) -> Sequence[AnyRow]:
    """Count failed events by opco and kind."""
    statement = (
        select(events.c.opco, events.c.kind, func.count().label("events"))
        .where(events.c.status == "failed", events.c.detail.is_not(None))
        .group_by(events.c.opco, events.c.kind)
        .order_by(events.c.opco, events.c.kind)
    )
    return tx.execute(statement).all()


def timers_set(tx: Transaction, today: Mapping[str, date]) -> list[AnyRow]:
    """Count timers by opco and kind: all, those that are due, and the next day or moment."""
    found: list[AnyRow] = []
    for opco, day in sorted(today.items()):
        is_due = or_(timers.c.due_at <= tx.now, timers.c.due_on <= day)
        statement = (
            select(
                timers.c.opco,
                timers.c.kind,
                func.count().label("timers"),
                func.sum(case((is_due, 1), else_=0)).label("due"),
                func.min(timers.c.due_on).label("next_on"),
                func.min(timers.c.due_at).label("next_at"),
            )
            .where(timers.c.opco == opco)
            .group_by(timers.c.opco, timers.c.kind)
            .order_by(timers.c.kind)
        )
        found += tx.execute(statement)
    return found


def waiting_messages(tx: Transaction) -> Sequence[AnyRow]:
    """Count messages that wait, by opco and type, with the oldest."""
    statement = (
        select(
            inbox.c.opco,
            inbox.c.type,
            func.count().label("messages"),
            func.min(inbox.c.received_at).label("oldest"),
        )
        .where(inbox.c.state == "waiting")
        .group_by(inbox.c.opco, inbox.c.type)
        .order_by(inbox.c.opco, inbox.c.type)
    )
    return tx.execute(statement).all()


def open_requests(tx: Transaction, limit: int) -> Sequence[AnyRow]:
    """Return requests with accounts that are not decided, most first."""
    pending = func.sum(case((request_items.c.state == "pending", 1), else_=0))
    statement = (
        select(
            request_items.c.opco,
            request_items.c.request_id,
            pending.label("pending"),
            (func.count() - pending).label("waiting"),
        )
        .where(or_(request_items.c.state == "pending", request_items.c.state == "waiting"))
        .group_by(request_items.c.opco, request_items.c.request_id)
        .order_by(func.count().desc(), request_items.c.opco, request_items.c.request_id)
        .limit(limit)
    )
    return tx.execute(statement).all()


def unpublished(tx: Transaction) -> Sequence[AnyRow]:
    """Return every destination with its unconfirmed messages, since when, and its back-off."""
    counts = (
        select(
            outbox.c.destination, func.count().label("messages"), func.min(outbox.c.position).label("first")
        )
        .group_by(outbox.c.destination)
        .subquery("counts")
    )
    head = outbox.alias("head")
    statement = (
        select(
            destinations.c.destination,
            func.coalesce(counts.c.messages, 0).label("messages"),
            messages_out.c.created_at.label("oldest"),
            destinations.c.failures,
            destinations.c.retry_at,
            destinations.c.last_error,
        )
        .outerjoin(counts, counts.c.destination == destinations.c.destination)
        .outerjoin(head, head.c.position == counts.c.first)
        .outerjoin(
            messages_out,
            and_(
                messages_out.c.created_on == head.c.created_on, messages_out.c.message_id == head.c.message_id
            ),
        )
        .order_by(destinations.c.destination)
    )
    return tx.execute(statement).all()


def running_sets(tx: Transaction) -> Sequence[AnyRow]:
    """Return the sets that workers execute now, oldest first."""
    return tx.execute(select(running).order_by(running.c.started_at, running.c.token)).all()


def leases_held(tx: Transaction) -> Sequence[AnyRow]:
    """Return every lease with its holder and its end."""
    return tx.execute(
        select(leases.c.name, leases.c.holder, leases.c.expires_at).order_by(leases.c.name)
    ).all()


def count_dead_letters(tx: Transaction) -> int:
    """Count dead letters that somebody should look at; one that came again counts once."""
    return int(tx.execute(select(func.count()).select_from(dead_letters).where(TO_LOOK_AT)).scalar_one())
