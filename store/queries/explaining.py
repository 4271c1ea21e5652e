"""What an id means, and the rows on the way back to the message that came, and forward to those that went."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, and_, func, select, true

from messages.outbound import LetterCorrectionRequested, LetterRequested
from store.cleaning.retention import is_retired
from store.engine.transaction import AnyRow, Transaction
from store.tables import (
    acknowledgements,
    buckets,
    contacts,
    events,
    inbox,
    inbox_body,
    journal_lines,
    journals,
    messages_out,
    opcos,
    outbox,
    policies,
    processes,
    referral_history,
    referral_replies,
    referrals,
    requests,
    seals,
    todos,
)
from writeoff.identity import message_id
from writeoff.value import Value

Kind = Literal["journal", "letter", "referral", "to-do", "message"]

#: What a contact's letter may be.
_LETTERS = (LetterRequested.type_name, LetterCorrectionRequested.type_name)

#: Where an id is looked for by its key, in this order.
_TABLES: tuple[tuple[Kind, Table, str], ...] = (
    ("journal", journals, "journal_id"),
    ("referral", referrals, "referral_id"),
    ("to-do", todos, "todo_id"),
)


class Found(Value, frozen=True, kw_only=True):
    """What an id is of, with its row."""

    kind: Kind
    row: Any


def find(tx: Transaction, id_: str) -> Found | None:
    """Return the row with that id: a journal, a contact, a referral, a to-do, or a message that went out.

    A contact is found by its letter, whose id derives from its own: its key begins with the process.
    """
    for kind, table, key in _TABLES:
        row = tx.execute(select(*_without_body(table)).where(table.c[key] == id_)).first()
        if row is not None:
            return Found(kind=kind, row=row)
    unwritten = select(contacts).where(contacts.c.contact_id == id_, ~contacts.c.letter)
    if (row := tx.execute(unwritten).first()) is not None:
        return Found(kind="letter", row=row)
    names = tx.execute(select(opcos.c.opco)).scalars().all()
    letters = {message_id(type_name, opco, id_) for type_name in _LETTERS for opco in names}
    sent = _message(tx, sorted({id_, *letters}))
    if sent is None:
        return None
    if sent.message_id == id_:
        return Found(kind="message", row=sent)
    contact = one(tx, contacts, process_id=sent.process_id, contact_id=id_)
    return None if contact is None else Found(kind="letter", row=contact)


def _message(tx: Transaction, ids: Sequence[str]) -> "AnyRow | None":
    """Return the message with one of these ids, without its body.

    The day leads the key of `messages_out`: each day since the oldest is one step of the index of its month.
    """
    columns = [*_without_body(messages_out), messages_out.c.body.is_(None).label("text_gone")]
    oldest, newest = tx.execute(
        select(func.min(messages_out.c.created_on), func.max(messages_out.c.created_on))
    ).one()
    if oldest is None:
        return None
    days = [oldest + timedelta(days=each) for each in range((newest - oldest).days + 1)]
    key = [messages_out.c.created_on, messages_out.c.message_id]
    wanted = tx.rows("wanted", key, [(day, each) for day in days for each in ids])
    same = and_(*[column == wanted.c[column.name] for column in key])
    if not tx.postgresql:
        return tx.execute(select(*columns).join(wanted, same)).first()
    # Row by row, so that only the partition of the day is looked into, whatever the planner expects.
    each = select(*columns).where(same).limit(1).lateral("each")
    return tx.execute(select(each).select_from(wanted.join(each, true()))).first()


def _without_body(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.c if column.name != "body"]


def one(tx: Transaction, table: Table, **key: Any) -> "AnyRow | None":
    """Return the row with that key, or None."""
    conditions = [table.c[name] == value for name, value in key.items()]
    return tx.execute(select(table).where(*conditions)).first()


def process(tx: Transaction, process_id: str) -> "AnyRow | None":
    """Return a process's row."""
    return one(tx, processes, process_id=process_id)


def event(tx: Transaction, process_id: str, sequence: int) -> "AnyRow | None":
    """Return an event's row."""
    return one(tx, events, process_id=process_id, sequence=sequence)


def request(tx: Transaction, opco: str, request_id: str) -> "AnyRow | None":
    """Return a request's row."""
    return one(tx, requests, opco=opco, request_id=request_id)


def policy(tx: Transaction, digest: str) -> "AnyRow | None":
    """Return a policy version's row."""
    return one(tx, policies, digest=digest)


def seal(tx: Transaction, journal_id: str) -> "AnyRow | None":
    """Return a journal's seal."""
    return one(tx, seals, journal_id=journal_id)


def lines(tx: Transaction, journal_id: str) -> Sequence[AnyRow]:
    """Return a journal's lines, in their order."""
    statement = select(journal_lines).where(journal_lines.c.journal_id == journal_id)
    return tx.execute(statement.order_by(journal_lines.c.line)).all()


def journals_of(tx: Transaction, process_id: str) -> Sequence[AnyRow]:
    """Return a process's journals, oldest first."""
    statement = select(journals).where(journals.c.process_id == process_id)
    return tx.execute(statement.order_by(journals.c.posted_at, journals.c.journal_id)).all()


def reversing(tx: Transaction, journal_id: str) -> "AnyRow | None":
    """Return the journal that reverses this one, if one does."""
    return one(tx, journals, reverses_journal_id=journal_id)


def history(tx: Transaction, referral_id: str) -> Sequence[AnyRow]:
    """Return a referral's history."""
    statement = select(referral_history).where(referral_history.c.referral_id == referral_id)
    return tx.execute(statement.order_by(referral_history.c.sequence)).all()


def replies(tx: Transaction, referral_id: str) -> Sequence[AnyRow]:
    """Return what the agency said of a referral; `message_id` is that of its own message."""
    statement = select(referral_replies).where(referral_replies.c.referral_id == referral_id)
    return tx.execute(statement.order_by(referral_replies.c.sequence)).all()


def correction(tx: Transaction, process_id: str, contact_id: str) -> "AnyRow | None":
    """Return the contact that corrects this one, if one does."""
    return one(tx, contacts, process_id=process_id, corrects_contact_id=contact_id)


def held(tx: Transaction, process_id: str) -> Sequence[AnyRow]:
    """Return what is held from a process, bucket by bucket."""
    statement = select(buckets).where(buckets.c.process_id == process_id)
    return tx.execute(statement.order_by(buckets.c.bucket_id)).all()


def messages(
    tx: Transaction,
    *,
    ids: Iterable[str] | None = None,
    process_id: str | None = None,
    written_at: Any = None,
) -> Sequence[AnyRow]:
    """Return messages that went out, without their bodies: whether published, what their consumer said.

    By process they are found by an index, and so by the moment at which they were written.
    """
    conditions: list[ColumnElement[bool]] = []
    if ids is not None:
        conditions.append(messages_out.c.message_id.in_(sorted(ids)))
    if process_id is not None:
        conditions.append(messages_out.c.process_id == process_id)
    if written_at is not None:
        conditions += [
            messages_out.c.created_on == written_at.date(),
            messages_out.c.created_at == written_at,
        ]
    waits = and_(
        outbox.c.created_on == messages_out.c.created_on, outbox.c.message_id == messages_out.c.message_id
    )
    statement = (
        select(
            messages_out.c.message_id,
            messages_out.c.type,
            messages_out.c.destination,
            messages_out.c.created_at,
            messages_out.c.causation_id,
            messages_out.c.correlation_id,
            outbox.c.position.is_(None).label("published"),
            messages_out.c.body.is_(None).label("text_gone"),
            acknowledgements.c.status.label("acknowledged"),
        )
        .outerjoin(outbox, waits)
        .outerjoin(acknowledgements, acknowledgements.c.message_id == messages_out.c.message_id)
        .where(*conditions)
    )
    return tx.execute(statement.order_by(messages_out.c.created_at, messages_out.c.type)).all()


def came(tx: Transaction, opco: str, ids: Iterable[str]) -> Sequence[AnyRow]:
    """Return the messages that came under these ids, with their bodies, whatever their sources."""
    wanted = sorted(set(ids))
    found: list[AnyRow] = []
    for source in _sources(tx):
        statement = (
            select(inbox, inbox_body.c.body, is_retired("inbox_body", inbox.c.received_on).label("retired"))
            .outerjoin(
                inbox_body,
                and_(
                    inbox_body.c.received_on == inbox.c.received_on,
                    inbox_body.c.source == inbox.c.source,
                    inbox_body.c.id == inbox.c.id,
                ),
            )
            .where(inbox.c.source == source, inbox.c.id.in_(wanted), inbox.c.opco == opco)
        )
        found += tx.execute(statement).all()
    return sorted(found, key=lambda row: (row.received_at, row.source, row.id))


def _sources(tx: Transaction) -> Iterable[str]:
    """Return every source there is: they are few and lead the key, so each is one step of its index."""
    last: str | None = None
    while True:
        statement = select(func.min(inbox.c.source))
        if last is not None:
            statement = statement.where(inbox.c.source > last)
        last = tx.execute(statement).scalar_one()
        if last is None:
            return
        yield last
