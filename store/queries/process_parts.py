"""Processes with their steps, and everything that they have caused, for a set of process ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from store.engine.transaction import AnyRow, Transaction
from store.tables import (
    buckets,
    contacts,
    demerits,
    events,
    goods,
    journal_lines,
    journals,
    messages_out,
    outbox,
    processes,
    referral_history,
    referral_replies,
    referrals,
    reversals,
    todos,
)

#: What each table is read in: the order in which things happened.
_ORDERS: dict[Table, tuple[ColumnElement[Any], ...]] = {
    processes: (processes.c.created_at.desc(), processes.c.process_id),
    events: (events.c.process_id, events.c.sequence),
    referrals: (referrals.c.process_id, referrals.c.event_sequence, referrals.c.ordinal),
    demerits: (demerits.c.process_id, demerits.c.event_sequence),
    contacts: (contacts.c.process_id, contacts.c.event_sequence, contacts.c.person_id),
    todos: (todos.c.process_id, todos.c.created_at, todos.c.todo_id),
    goods: (goods.c.process_id, goods.c.sa_id, goods.c.product_id),
    journals: (journals.c.process_id, journals.c.posted_at, journals.c.event_sequence, journals.c.leg),
    reversals: (reversals.c.process_id,),
    buckets: (buckets.c.process_id, buckets.c.from_sa_id, buckets.c.distribution_code),
}


def of_processes(tx: Transaction, table: Table, process_ids: Sequence[str]) -> Sequence[AnyRow]:
    """Return a table's rows of these processes, in the order in which things happened."""
    statement = select(table).where(table.c.process_id.in_(process_ids)).order_by(*_ORDERS[table])
    return tx.execute(statement).all()


def lines_of(tx: Transaction, process_ids: Sequence[str]) -> Sequence[AnyRow]:
    """Return the lines of the processes' journals, in their order; sources are left out."""
    columns = [column for column in journal_lines.c if column.name != "sources"]
    statement = (
        select(*columns)
        .join(journals, journals.c.journal_id == journal_lines.c.journal_id)
        .where(journals.c.process_id.in_(process_ids))
        .order_by(journal_lines.c.journal_id, journal_lines.c.line)
    )
    return tx.execute(statement).all()


def history_of(tx: Transaction, process_ids: Sequence[str]) -> Sequence[AnyRow]:
    """Return the history of the processes' referrals, in its order."""
    statement = (
        select(referral_history)
        .join(referrals, referrals.c.referral_id == referral_history.c.referral_id)
        .where(referrals.c.process_id.in_(process_ids))
        .order_by(referral_history.c.referral_id, referral_history.c.sequence)
    )
    return tx.execute(statement).all()


def replies_of(tx: Transaction, process_ids: Sequence[str]) -> Sequence[AnyRow]:
    """Return what agencies have said of the processes' referrals, in its order."""
    statement = (
        select(referral_replies)
        .join(referrals, referrals.c.referral_id == referral_replies.c.referral_id)
        .where(referrals.c.process_id.in_(process_ids))
        .order_by(referral_replies.c.referral_id, referral_replies.c.sequence)
    )
    return tx.execute(statement).all()


def messages_of(tx: Transaction, process_ids: Sequence[str]) -> Sequence[AnyRow]:
    """Return what the processes have caused to be sent, and whether a broker has confirmed it; no bodies."""
    columns = [
        messages_out.c[name] for name in ("process_id", "message_id", "type", "destination", "created_at")
    ]
    statement = (
        select(*columns, outbox.c.position.is_(None).label("published"))
        .outerjoin(outbox, outbox.c.message_id == messages_out.c.message_id)
        .where(messages_out.c.process_id.in_(process_ids))
        .order_by(
            messages_out.c.process_id,
            messages_out.c.created_at,
            messages_out.c.type,
            messages_out.c.message_id,
        )
    )
    return tx.execute(statement).all()
