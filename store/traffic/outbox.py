"""The outbox: messages written in the transaction of their cause, gone from the list when confirmed."""

import hashlib
from collections.abc import Sequence
from operator import attrgetter

from sqlalchemy import func, select

from store.engine.transaction import Transaction
from store.tables import destinations, messages_out, outbox
from writeoff.value import Value


class NewMessage(Value, frozen=True, kw_only=True):
    """A message to send: its id, where to, what kind, its exact body, and what it is about."""

    message_id: str
    destination: str
    type: str
    body: bytes
    opco: str | None
    account_id: str | None
    process_id: str | None
    correlation_id: str | None
    causation_id: str | None


def add(tx: Transaction, messages: Sequence[NewMessage]) -> None:
    """Append messages, and list them as not yet confirmed."""
    if not messages:
        return
    now = tx.now
    today = now.date()
    tx.insert(
        messages_out,
        (
            "created_on",
            "message_id",
            "destination",
            "type",
            "opco",
            "account_id",
            "process_id",
            "correlation_id",
            "causation_id",
            "created_at",
            "digest",
            "body",
        ),
        [
            (
                today,
                each.message_id,
                each.destination,
                each.type,
                each.opco,
                each.account_id,
                each.process_id,
                each.correlation_id,
                each.causation_id,
                now,
                hashlib.sha256(each.body).digest(),
                each.body.decode(),
            )
            # In the order of the key, an index of random ids is written cheaper.
            for each in sorted(messages, key=attrgetter("message_id"))
        ],
    )
    tx.insert(
        outbox,
        ("destination", "message_id", "created_on"),
        [(each.destination, each.message_id, today) for each in messages],
    )
    tx.insert_missing(
        destinations,
        ("destination", "failures"),
        [(name, 0) for name in {each.destination for each in messages}],
        ("destination",),
    )


class Backlog(Value, frozen=True, kw_only=True):
    """What a destination has not been told yet."""

    destination: str
    messages: int
    last_error: str | None


def backlog(tx: Transaction) -> list[Backlog]:
    """Return every destination with the number of its unconfirmed messages."""
    statement = (
        select(
            destinations.c.destination,
            func.count(outbox.c.position),
            destinations.c.last_error,
        )
        .outerjoin(outbox, outbox.c.destination == destinations.c.destination)
        .group_by(destinations.c.destination, destinations.c.last_error)
        .order_by(destinations.c.destination)
    )
    return [
        Backlog(destination=row[0], messages=row[1], last_error=row[2]) for row in tx.execute(statement).all()
    ]
