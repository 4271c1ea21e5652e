"""Reading everything that processes have caused, for the decision that undoes it (R25)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, and_, select

from messages.outbound import LetterRequested
from messages.outbound.data import ServiceAgreementAmount
from messages.outbound.person import Addressee
from store.engine.transaction import AnyRow, Transaction
from store.reading.ledger import WRITTEN, lines_of, movement_of
from store.tables import (
    bucket_movements,
    demerits,
    goods,
    journals,
    messages_out,
    reversals,
    todos,
)
from writeoff import money
from writeoff.account import Address, Person
from writeoff.effects import Demerit, Effects, Goods, Letter, Reversed
from writeoff.journal import Movement, Posted
from writeoff.process import Agreement


class _Body(msgspec.Struct):
    """The letter within its envelope."""

    data: LetterRequested


_letters = msgspec.json.Decoder(_Body)


def effects_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, Effects]:
    """Return the effects of each of the processes."""
    wanted = sorted(set(process_ids))
    if not wanted:
        return {}
    return {
        process_id: Effects(
            written=written,
            movements=moved,
            demerits=tuple(
                Demerit(
                    demerit_id=row.demerit_id,
                    effective_from=row.effective_from,
                    effective_to=row.effective_to,
                )
                for row in marks
            ),
            letters=letters,
            todos=tuple(row.todo_id for row in tasks),
            goods=tuple(
                Goods(sa_id=row.sa_id, product_id=row.product_id, returned=row.returned, lost=row.lost)
                for row in things
            ),
            reversal=next(
                (
                    Reversed(request_id=row.request_id, reversed_on=row.reversed_on, amount=row.amount_minor)
                    for row in undone
                ),
                None,
            ),
        )
        for process_id, written, moved, marks, letters, tasks, things, undone in _parts(tx, wanted)
    }


def _parts(tx: Transaction, wanted: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """Return, process by process, the rows of each part in an order that is always the same."""
    found = (
        _journals(tx, wanted),
        _movements(tx, wanted),
        _rows(tx, demerits, wanted, demerits.c.demerit_id, where=demerits.c.ended_on.is_(None)),
        _sent_letters(tx, wanted),
        # Only what its events made: a payment to look at is to be looked at all the same.
        _rows(
            tx,
            todos,
            wanted,
            todos.c.todo_id,
            where=(todos.c.status == "open") & todos.c.event_sequence.is_not(None),
        ),
        _rows(tx, goods, wanted, goods.c.sa_id, goods.c.product_id),
        _rows(tx, reversals, wanted, reversals.c.process_id),
    )
    for process_id in wanted:
        yield (process_id, *(tuple(part.get(process_id, ())) for part in found))


def _rows(
    tx: Transaction,
    table: Table,
    wanted: Sequence[str],
    *order: ColumnElement[Any],
    where: ColumnElement[bool] | None = None,
) -> dict[str, list[AnyRow]]:
    given = tx.rows("wanted", [table.c.process_id], [(each,) for each in wanted])
    statement = select(table).join(given, table.c.process_id == given.c.process_id).order_by(*order)
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in tx.execute(statement if where is None else statement.where(where)).all():
        found[row.process_id].append(row)
    return found


def _movements(tx: Transaction, wanted: Sequence[str]) -> dict[str, list[Movement]]:
    table = bucket_movements
    rows = _rows(tx, table, wanted, table.c.journal_id, table.c.bucket_id, table.c.claimed)
    return {process_id: [movement_of(row) for row in found] for process_id, found in rows.items()}


def _journals(tx: Transaction, wanted: Sequence[str]) -> dict[str, list[Posted]]:
    headers = _rows(
        tx, journals, wanted, journals.c.event_sequence, journals.c.leg, where=journals.c.kind.in_(WRITTEN)
    )
    ids = [row.journal_id for found in headers.values() for row in found]
    lines = lines_of(tx, ids)
    return {
        process_id: [
            Posted(
                journal_id=row.journal_id,
                event_sequence=row.event_sequence,
                fulfilment_centre=row.fulfilment_centre,
                lines=lines[row.journal_id],
            )
            for row in found
        ]
        for process_id, found in headers.items()
    }


def _sent_letters(tx: Transaction, wanted: Sequence[str]) -> dict[str, list[Letter]]:
    """Return the letters as they were asked for: persons may have moved, or left the account, since."""
    # Of a letter whose text is no longer kept nobody knows how it was addressed: it is not corrected.
    of_type = and_(messages_out.c.type == LetterRequested.type_name, messages_out.c.body.is_not(None))
    rows = _rows(tx, messages_out, wanted, messages_out.c.message_id, where=of_type)
    return {
        process_id: [_letter(_letters.decode(row.body).data) for row in found]
        for process_id, found in rows.items()
    }


def _letter(data: LetterRequested) -> Letter:
    return Letter(
        contact_id=data.contact_id,
        event_sequence=data.event_sequence,
        person=_person(data.person, responsible=True),
        recipients=tuple(_person(each, notified=True) for each in data.recipients),
        agency=data.agency,
        agreements=tuple(_agreement(each, data.currency) for each in data.service_agreements),
        amount=money.parse(data.amount, data.currency),
    )


def _agreement(each: ServiceAgreementAmount, currency: str) -> Agreement:
    return Agreement(sa_id=each.sa_id, sa_type=each.sa_type, amount=money.parse(each.amount, currency))


def _person(each: Addressee, *, responsible: bool = False, notified: bool = False) -> Person:
    known = each.address
    return Person(
        person_id=each.person_id,
        name=each.name,
        financially_responsible=responsible,
        receives_notifications=notified,
        language=each.language,
        channel=each.channel,
        phone=each.phone,
        email=each.email,
        address=Address(lines=known.lines, city=known.city, postcode=known.postcode, country=known.country)
        if known
        else None,
    )
