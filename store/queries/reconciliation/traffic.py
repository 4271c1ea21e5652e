"""Messages: what came is decided or kept, what was caused is written for its consumer (R29)."""

from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, cast, func, literal, true

from store.cleaning.retention import is_retired
from store.engine.transaction import Transaction
from store.queries.months import month_of
from store.queries.reconciliation.equation import Entries, Equation, entries
from store.tables import (
    contacts,
    dead_letters,
    demerits,
    inbox,
    inbox_body,
    journals,
    messages_out,
    outbox,
    processes,
    referrals,
    todos,
)
from writeoff.value import Value

#: What stands for the opco of what could not be read.
_UNKNOWN = "-"


def traffic_equations(tx: Transaction, opco: str | None, period: str | None) -> list[Equation]:
    """Return the equations about messages; with a period, about those that came or were written in it."""
    return [_received(tx, opco, period), _caused(tx, opco, period), _listed(tx, opco, period)]


def _received(tx: Transaction, opco: str | None, period: str | None) -> Equation:
    known = inbox.c.opco if opco is not None else func.coalesce(inbox.c.opco, _UNKNOWN)
    same = and_(
        inbox.c.received_on == inbox_body.c.received_on,
        inbox.c.source == inbox_body.c.source,
        inbox.c.id == inbox_body.c.id,
    )
    body_row = inbox_body.c.source + literal(" ") + inbox_body.c.id
    row = inbox.c.source + literal(" ") + inbox.c.id
    # Of months that have been cleaned up identities count: their bodies are gone by intent.
    gone = is_retired("inbox_body", inbox.c.received_on)
    cleaned = entries(inbox.c.opco, None, None, row).where(
        gone, *_within(tx, inbox, inbox.c.received_on, opco, period)
    )
    bodies = entries(known, None, None, body_row).select_from(inbox_body).outerjoin(inbox, same)
    bodies = bodies.where(~is_retired("inbox_body", inbox_body.c.received_on))
    buried = entries(literal(_UNKNOWN), None, None, cast(dead_letters.c.dead_letter_id, Text))
    if opco is not None:
        bodies, buried = bodies.where(inbox.c.opco == opco), buried.where(literal(0) == 1)
    if period is not None:
        bodies = bodies.where(month_of(tx, inbox_body.c.received_on) == period)
        buried = buried.where(month_of(tx, dead_letters.c.first_seen) == period)

    def state(name: str) -> Entries:
        found = entries(inbox.c.opco, None, None, row).where(inbox.c.state == name)
        return found.where(*_within(tx, inbox, inbox.c.received_on, opco, period))

    return Equation(
        name="received",
        sentence="Every message that came is done, waits, was refused, or is a dead letter.",
        unit="rows",
        left={"received": [bodies, cleaned, buried]},
        right={
            "done": [state("done")],
            "waiting": [state("waiting")],
            "refused": [state("refused")],
            "dead-lettered": [buried],
        },
    )


class _Effects(Value, frozen=True, kw_only=True):
    """Rows of an effect, and the types of the messages that they cause, one each.

    `written_at` is when the row was written, where it says so.
    """

    part: str
    types: tuple[str, ...]
    table: Table
    written_at: ColumnElement[Any] | None = None
    condition: ColumnElement[bool] = true()


_EFFECTS = (
    _Effects(part="journals", types=("journal-posted",), table=journals, written_at=journals.c.posted_at),
    _Effects(part="to-dos", types=("todo-created",), table=todos, written_at=todos.c.created_at),
    _Effects(
        part="processes", types=("process-started",), table=processes, written_at=processes.c.created_at
    ),
    _Effects(
        part="ended processes",
        types=("process-ended",),
        table=processes,
        condition=processes.c.status == "inactive",
    ),
    _Effects(part="demerits", types=("demerit-recorded",), table=demerits),
    _Effects(part="referrals", types=("referral-placed",), table=referrals),
    _Effects(
        part="letters",
        types=("letter-requested", "letter-correction-requested"),
        table=contacts,
        condition=contacts.c.letter,
    ),
)


def _caused(tx: Transaction, opco: str | None, period: str | None) -> Equation:
    rows: list[Entries] = []
    told: list[Entries] = []
    for each in _EFFECTS:
        if period is not None and each.written_at is None:
            continue  # it does not say in which month it was written
        part, table = literal(each.part), each.table
        effects = entries(table.c.opco, None, part, _place(table)).where(each.condition)
        rows.append(effects.where(*_within(tx, table, each.written_at, opco, period)))
        types = [f"writeoff.{name}.v1" for name in each.types]
        written = entries(messages_out.c.opco, None, part, _place(messages_out))
        told.append(
            written.where(
                messages_out.c.type.in_(types),
                *_within(tx, messages_out, messages_out.c.created_on, opco, period),
            )
        )
    return Equation(
        name="caused",
        sentence="Each effect has its message, and each message its effect.",
        unit="rows",
        left={"effects": rows},
        right={"messages": told},
    )


def _place(table: Table) -> ColumnElement[str]:
    """Return by what a row on either side is found: its process, or its account where it has none."""
    return func.coalesce(cast(table.c.process_id, Text), table.c.account_id, _UNKNOWN)


def _listed(tx: Transaction, opco: str | None, period: str | None) -> Equation:
    same = and_(
        messages_out.c.created_on == outbox.c.created_on, messages_out.c.message_id == outbox.c.message_id
    )
    listed = entries(
        func.coalesce(messages_out.c.opco, _UNKNOWN), None, outbox.c.destination, outbox.c.message_id
    ).select_from(outbox)
    conditions = _within(tx, messages_out, None, opco, None)
    if period is not None:
        conditions.append(month_of(tx, outbox.c.created_on) == period)
    return Equation(
        name="unpublished",
        sentence="What the broker has not confirmed yet is a message that is there.",
        unit="rows",
        left={"listed": [listed.outerjoin(messages_out, same).where(*conditions)]},
        right={"there": [listed.join(messages_out, same).where(*conditions)]},
    )


def _within(
    tx: Transaction, table: Table, day: ColumnElement[Any] | None, opco: str | None, period: str | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if opco is not None:
        conditions.append(table.c.opco == opco)
    if period is not None and day is not None:
        conditions.append(month_of(tx, day) == period)
    return conditions
