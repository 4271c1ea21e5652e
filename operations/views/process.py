"""A process as a whole: its header, steps, effects, journals, and what it has caused to be sent."""

from collections.abc import Sequence
from datetime import date

import msgspec

from operations.views.effects import Contact, Demerit, Goods, Message, Todo
from operations.views.journal import Held, Journal, held_of, journals_of
from operations.views.referral import Referral, referrals_of
from operations.views.view import View, amount, by_process, of_row
from store.engine.transaction import AnyRow, Transaction
from store.queries.process_parts import messages_of, of_processes
from store.tables import contacts, demerits, events, goods, processes, reversals, todos
from writeoff import process as domain


class Agreement(View, frozen=True, kw_only=True):
    """A service agreement of the process, with its debt at the start."""

    sa_id: str
    sa_type: str
    amount: str
    left: bool


class Event(View, frozen=True, kw_only=True):
    """A step; `due_on` is null while a predecessor is open, and once it is closed."""

    sequence: int
    event_type: str
    kind: str
    status: str
    trigger_date: date
    due_on: date | None
    completed_on: date | None
    amount: str | None
    attempts: int
    reason: str | None
    detail: str | None


class Reversal(View, frozen=True, kw_only=True):
    """That the process was undone: `amount` is what was owed again, `recoveries_kept` what stayed paid."""

    request_id: str
    reason: str
    reversed_on: date
    amount: str
    recoveries_kept: str
    actor: str


class Process(View, frozen=True, kw_only=True):
    """A write-off process with everything it has done."""

    process_id: str
    opco: str
    account_id: str
    request_id: str
    origin: str
    bulk: bool
    disposition: str
    reason: str
    template: str
    policy_digest: str
    status: str
    end_reason: str | None
    created_on: date
    ended_on: date | None
    reversal: Reversal | None
    currency: str
    amount: str
    correlation_id: str
    actor: str
    agreements: list[Agreement]
    events: list[Event]
    referrals: list[Referral]
    demerits: list[Demerit]
    contacts: list[Contact]
    todos: list[Todo]
    goods: list[Goods]
    journals: list[Journal]
    held: list[Held]
    messages: list[Message]


_agreements = msgspec.json.Decoder(list[domain.Agreement])


def processes_view(tx: Transaction, process_ids: Sequence[str]) -> list[Process]:
    """Return processes, newest first, each with all of its parts."""
    headers = of_processes(tx, processes, process_ids)
    steps = by_process(of_processes(tx, events, process_ids))
    marks = by_process(of_processes(tx, demerits, process_ids))
    written = by_process(of_processes(tx, contacts, process_ids))
    tasks = by_process(of_processes(tx, todos, process_ids))
    things = by_process(of_processes(tx, goods, process_ids))
    sent = by_process(messages_of(tx, process_ids))
    undone = {row.process_id: _reversal(row) for row in of_processes(tx, reversals, process_ids)}
    placed = referrals_of(tx, process_ids)
    posted = journals_of(tx, process_ids)
    held = held_of(tx, process_ids, {row.process_id: row.currency for row in headers})
    return [
        of_row(
            Process,
            row,
            amount=amount(row.amount_minor, row.currency),
            reversal=undone.get(row.process_id),
            agreements=_agreements_of(row),
            events=[_event(each, row.currency) for each in steps[row.process_id]],
            referrals=placed.get(row.process_id, []),
            demerits=[of_row(Demerit, each) for each in marks[row.process_id]],
            contacts=[of_row(Contact, each) for each in written[row.process_id]],
            todos=[of_row(Todo, each) for each in tasks[row.process_id]],
            goods=[of_row(Goods, each) for each in things[row.process_id]],
            journals=posted.get(row.process_id, []),
            held=held.get(row.process_id, []),
            messages=[of_row(Message, each) for each in sent[row.process_id]],
        )
        for row in headers
    ]


def _reversal(row: AnyRow) -> Reversal:
    return of_row(
        Reversal,
        row,
        amount=amount(row.amount_minor, row.currency),
        recoveries_kept=amount(row.recoveries_kept_minor, row.currency),
    )


def _agreements_of(row: AnyRow) -> list[Agreement]:
    return [
        Agreement(
            sa_id=each.sa_id,
            sa_type=each.sa_type,
            amount=amount(each.amount, row.currency),
            left=each.left,
        )
        for each in _agreements.decode(row.agreements)
    ]


def _event(row: AnyRow, currency: str) -> Event:
    found = None if row.amount_minor is None else amount(row.amount_minor, currency)
    return of_row(Event, row, amount=found)
