"""What consumers said of the messages that they were sent, against what is expected of them (R27)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal

from store.engine.transaction import Transaction
from store.queries.months import month_of
from store.queries.reconciliation.equation import Entries, Equation, entries
from store.tables import acknowledgements as said
from store.tables import messages_out, outbox
from writeoff.value import Value


class Expected(Value, frozen=True, kw_only=True):
    """That a consumer acknowledges what was written since a day; what came after `due_before` not yet."""

    opco: str
    consumer: str
    since: date | None
    due_before: datetime


def acknowledgements(
    tx: Transaction, expected: Sequence[Expected], opco: str | None, period: str | None
) -> Equation:
    """Return what was published = accepted + not yet due, by consumer.

    A rejection is a difference whoever is expected to speak; of others, only what they said counts.
    """
    conditions: list[ColumnElement[bool]] = [
        ~exists().where(
            outbox.c.created_on == messages_out.c.created_on, outbox.c.message_id == messages_out.c.message_id
        )
    ]
    if opco is not None:
        conditions.append(messages_out.c.opco == opco)
    if period is not None:
        conditions.append(month_of(tx, messages_out.c.created_on) == period)

    def published(*more: ColumnElement[bool]) -> Entries:
        return entries(
            func.coalesce(messages_out.c.opco, literal("-")),
            None,
            messages_out.c.destination,
            messages_out.c.message_id,
        ).where(*conditions, *more)

    asked = [(each, _of(each)) for each in expected if opco in {None, each.opco}]
    nobody_asked = [~condition for _, condition in asked]
    spoken: Any = exists().where(said.c.message_id == messages_out.c.message_id)
    accepted: Any = exists().where(
        said.c.message_id == messages_out.c.message_id, said.c.status == "accepted"
    )
    told = messages_out.c.destination.in_(("letter", "to-do", "gl"))
    return Equation(
        name="acknowledged",
        sentence="What was published was accepted, or need not be acknowledged yet, by consumer.",
        unit="rows",
        left={
            "published": [
                *(published(condition) for _, condition in asked),
                published(told, spoken, *nobody_asked),
            ]
        },
        right={
            "accepted": [published(told, accepted)],
            "not yet due": [
                published(condition, ~spoken, messages_out.c.created_at > each.due_before)
                for each, condition in asked
            ]
            or [published(literal(1) == 0)],
        },
    )


def _of(expected: Expected) -> ColumnElement[bool]:
    condition = and_(messages_out.c.opco == expected.opco, messages_out.c.destination == expected.consumer)
    return condition if expected.since is None else condition & (messages_out.c.created_on >= expected.since)
