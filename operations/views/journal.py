"""Journals with their lines, and what write-off agreements hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from operations.views.view import View, amount, by_process, of_row
from store.engine.transaction import Transaction
from store.queries.process_parts import lines_of, of_processes
from store.tables import buckets, journals


class Line(View, frozen=True, kw_only=True):
    """One side of a journal."""

    line: int
    side: str
    gl_account: str
    distribution_code: str
    amount: str
    sa_id: str | None
    claimable_from: date | None
    claimable_until: date | None
    repay_by: date | None


class Journal(View, frozen=True, kw_only=True):
    """A balanced posting; `total` is the sum of its debits."""

    journal_id: str
    kind: str
    leg: str
    event_sequence: int | None
    transaction_date: date
    posting_date: date
    moved_from_period: str | None
    currency: str
    total: str
    reverses_journal_id: str | None
    payment_id: str | None
    lines: list[Line]


class Held(View, frozen=True, kw_only=True):
    """Written-off debt that a write-off agreement still holds."""

    from_sa_id: str
    write_off_sa_id: str
    write_off_sa_type: str
    distribution_code: str
    treatment: str
    written_off: str
    held: str


def journals_of(tx: Transaction, process_ids: Sequence[str]) -> dict[str, list[Journal]]:
    """Return the processes' journals, oldest first."""
    posted = by_process(of_processes(tx, journals, process_ids))
    currencies = {row.journal_id: row.currency for rows in posted.values() for row in rows}
    lines: dict[str, list[Line]] = defaultdict(list)
    for row in lines_of(tx, process_ids):
        lines[row.journal_id].append(
            of_row(Line, row, amount=amount(row.amount_minor, currencies[row.journal_id]))
        )
    return {
        process_id: [
            of_row(
                Journal,
                row,
                total=amount(row.total_debit_minor, row.currency),
                lines=lines[row.journal_id],
            )
            for row in rows
        ]
        for process_id, rows in posted.items()
    }


def held_of(
    tx: Transaction, process_ids: Sequence[str], currencies: Mapping[str, str]
) -> dict[str, list[Held]]:
    """Return what is held from the processes; `currencies` by process."""
    found = by_process(of_processes(tx, buckets, process_ids))
    return {
        process_id: [
            of_row(
                Held,
                row,
                written_off=amount(row.written_off_minor, currencies[process_id]),
                held=amount(row.held_minor, currencies[process_id]),
            )
            for row in rows
        ]
        for process_id, rows in found.items()
    }
