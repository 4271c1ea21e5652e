"""Reading processes and what they have caused, a set at a time.

A process comes with its events as one JSON document, made by the database and decoded straight into the
domain's value: a row an event and a column a field cost Python nearly three times as much.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, select

from store.locking import AccountKey
from store.tables import buckets, events, processes, referrals
from store.transaction import Transaction
from writeoff.journal import Bucket
from writeoff.process import Process, Referral

_EVENT = {
    "sequence": events.c.sequence,
    "event_type": events.c.event_type,
    "kind": events.c.kind,
    "trigger_date": events.c.trigger_date,
    "after": events.c.after,
    "due_on": events.c.due_on,
    "status": events.c.status,
    "completed_on": events.c.completed_on,
    "amount": events.c.amount_minor,
    "attempts": events.c.attempts,
    "reason": events.c.reason,
}
_PROCESS = {
    name: processes.c["amount_minor" if name == "amount" else name]
    for name in Process.__struct_fields__
    if name != "events"
}
_MINOR = {"written_off": "written_off_minor", "held": "held_minor"}
_BUCKET = {name: buckets.c[_MINOR.get(name, name)] for name in Bucket.__struct_fields__}
_buckets = msgspec.json.Decoder(tuple[Bucket, ...])
#: Not strict, because SQLite's truth is 0 and 1.
_decoder = msgspec.json.Decoder(Process, strict=False)


def active_processes(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, Process]:
    """Return the active process of each account that has one, with its events."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [processes.c.opco, processes.c.account_id], wanted)
    statement = (
        select(_document(tx))
        .select_from(processes)
        .join(rows, (processes.c.opco == rows.c.opco) & (processes.c.account_id == rows.c.account_id))
        .where(processes.c.status == "active")
    )
    found = [_decoded(body) for (body,) in tx.execute(statement)]
    return {(process.opco, process.account_id): process for process in found}


def processes_by_id(tx: Transaction, process_ids: Iterable[str]) -> dict[str, Process]:
    """Return processes with their events."""
    statement = _by_process(tx, processes, [_document(tx)], process_ids)
    found = [_decoded(body) for (body,) in ([] if statement is None else tx.execute(statement))]
    return {process.process_id: process for process in found}


def referrals_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, tuple[Referral, ...]]:
    """Return every referral of the processes."""
    columns = [
        referrals.c[name]
        for name in ("process_id", "referral_id", "agency", "amount_minor", "active", "history_sequence")
    ]
    statement = _by_process(tx, referrals, columns, process_ids)
    found: dict[str, list[Referral]] = defaultdict(list)
    for row in [] if statement is None else tx.execute(statement):
        found[row.process_id].append(
            Referral(
                referral_id=row.referral_id,
                agency=row.agency,
                amount=row.amount_minor,
                active=row.active,
                history_sequence=row.history_sequence,
            )
        )
    return {
        process_id: tuple(sorted(rows, key=lambda each: each.referral_id))
        for process_id, rows in found.items()
    }


def buckets_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, tuple[Bucket, ...]]:
    """Return what the write-off agreements hold from the processes."""
    held = tx.json.text(tx.json.array(tx.json.object(_BUCKET)))
    statement = _by_process(tx, buckets, [buckets.c.process_id, held], process_ids)
    if statement is None:
        return {}
    return {
        process_id: _buckets.decode(body)
        for process_id, body in tx.execute(statement.group_by(buckets.c.process_id))
    }


def _document(tx: Transaction) -> ColumnElement[str]:
    steps = (
        select(tx.json.array(tx.json.object(_EVENT, {"after"})))
        .where(events.c.process_id == processes.c.process_id)
        .correlate(processes)
        .scalar_subquery()
    )
    document = tx.json.object({**_PROCESS, "events": steps}, {"agreements", "returned", "events"})
    return tx.json.text(document)


def _decoded(body: str) -> Process:
    """Decode a process, its events in their sequence: aggregates promise no order."""
    process = _decoder.decode(body)
    ordered = tuple(sorted(process.events, key=lambda event: event.sequence))
    return process if ordered == process.events else msgspec.structs.replace(process, events=ordered)


def _by_process(
    tx: Transaction, table: Table, columns: Sequence[ColumnElement[Any]], process_ids: Iterable[str]
) -> Select[*tuple[Any, ...]] | None:
    wanted = sorted(set(process_ids))
    if not wanted:
        return None
    rows = tx.rows("wanted", [table.c.process_id], [(each,) for each in wanted])
    return select(*columns).join(rows, table.c.process_id == rows.c.process_id)
