"""Reading processes with their events, and what they have caused, a set at a time.

Rows are taken apart by position: a set has thousands, and this is where the executor spends its reading time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, select

from store.engine.locking import AccountKey
from store.engine.lookup import Lookup
from store.engine.transaction import Transaction
from store.tables import buckets, events, processes, referrals
from writeoff.journal import Bucket
from writeoff.process import Agreement, Event, Process, Referral, ReturnedProduct

_PROCESS = tuple(name for name in Process.__struct_fields__ if name != "events")
_EVENT = Event.__struct_fields__
_MINOR = {name: f"{name}_minor" for name in ("amount", "approved", "written_off", "held", "claimed")}
_PROCESS_COLUMNS = [processes.c[_MINOR.get(name, name)] for name in _PROCESS]
_EVENT_COLUMNS = [events.c[_MINOR.get(name, name)] for name in _EVENT]
_REFERRAL = tuple(name for name in Referral.__struct_fields__ if name != "recall_acknowledged")
_REFERRAL_NAMES = {"amount": "amount_minor", "end": "end_reason"}
_REFERRAL_COLUMNS = [
    referrals.c.process_id,
    *(referrals.c[_REFERRAL_NAMES.get(name, name)] for name in _REFERRAL),
    referrals.c.recall_acknowledged_at,
]
_BUCKET_COLUMNS = [buckets.c[_MINOR.get(name, name)] for name in Bucket.__struct_fields__]


def _of_processes(table: Table, columns: Sequence[ColumnElement[Any]]) -> Lookup:
    return Lookup(
        [table.c.process_id],
        lambda wanted: select(*columns).join(wanted, table.c.process_id == wanted.c.process_id),
    )


_PROCESSES = _of_processes(processes, _PROCESS_COLUMNS)
_EVENTS = _of_processes(events, [events.c.process_id, *_EVENT_COLUMNS])
_REFERRALS = _of_processes(referrals, _REFERRAL_COLUMNS)
_BUCKETS = _of_processes(buckets, _BUCKET_COLUMNS)
_ACTIVE = Lookup(
    [processes.c.opco, processes.c.account_id],
    lambda wanted: select(*_PROCESS_COLUMNS).where(
        processes.c.opco == wanted.c.opco,
        processes.c.account_id == wanted.c.account_id,
        processes.c.status == "active",
    ),
    each=True,
)
_ENDED = Lookup(
    [processes.c.opco, processes.c.account_id],
    lambda wanted: (
        select(*_PROCESS_COLUMNS)
        .join(wanted, (processes.c.opco == wanted.c.opco) & (processes.c.account_id == wanted.c.account_id))
        .where(processes.c.status == "inactive")
        .order_by(processes.c.created_at, processes.c.process_id)
    ),
)

_agreements = msgspec.json.Decoder(tuple[Agreement, ...])
_returned = msgspec.json.Decoder(tuple[ReturnedProduct, ...])


def foresee(tx: Transaction, process_ids: Iterable[str]) -> None:
    """Have `processes_by_id` answered together with what is asked first."""
    keys = _keys(process_ids)
    _PROCESSES.foresee(tx, keys)
    _EVENTS.foresee(tx, keys)


def foresee_active(tx: Transaction, keys: Iterable[AccountKey]) -> None:
    """Have the headers of active processes answered together with what is asked first."""
    _ACTIVE.foresee(tx, sorted(set(keys)))


def foresee_effects(tx: Transaction, begun: Iterable[str], written_off: Iterable[str]) -> None:
    """Have the referrals of some processes, and the buckets of others, answered with what is asked first."""
    _REFERRALS.foresee(tx, _keys(begun))
    _BUCKETS.foresee(tx, _keys(written_off))


def active_processes(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, Process]:
    """Return the active process of each account that has one, with its events."""
    found = _with_events(tx, _ACTIVE.tuples(tx, sorted(set(keys))))
    return {(process.opco, process.account_id): process for process in found.values()}


def ended_processes(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Process, ...]]:
    """Return the processes of the accounts that have ended, with their events; an account has few."""
    found: dict[AccountKey, tuple[Process, ...]] = {}
    for process in _with_events(tx, _ENDED.tuples(tx, sorted(set(keys)))).values():
        key = (process.opco, process.account_id)
        found[key] = (*found.get(key, ()), process)
    return found


def processes_by_id(tx: Transaction, process_ids: Iterable[str]) -> dict[str, Process]:
    """Return processes with their events."""
    return _with_events(tx, _PROCESSES.tuples(tx, _keys(process_ids)))


def _with_events(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> dict[str, Process]:
    headers = {row[0]: dict(zip(_PROCESS, row, strict=True)) for row in rows}
    steps = _events_of(tx, headers)
    found: dict[str, Process] = {}
    for process_id, header in headers.items():
        header["agreements"] = _agreements.decode(header["agreements"])
        header["returned"] = _returned.decode(header["returned"])
        found[process_id] = Process(**header, events=steps[process_id])
    return found


def _events_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, tuple[Event, ...]]:
    """Return the events of processes, in their sequence."""
    steps: dict[str, list[Event]] = defaultdict(list)
    found = _EVENTS.tuples(tx, _keys(process_ids))
    for process_id, sequence, event_type, kind, trigger_date, after, *rest in found:
        due_on, status, completed_on, amount, attempts, reason = rest
        steps[process_id].append(
            Event(
                sequence=sequence,
                event_type=event_type,
                kind=kind,
                trigger_date=trigger_date,
                after=_after(after),
                due_on=due_on,
                status=status,
                completed_on=completed_on,
                amount=amount,
                attempts=attempts,
                reason=reason,
            )
        )
    return {
        process_id: tuple(sorted(rows, key=lambda event: event.sequence))
        for process_id, rows in steps.items()
    }


@lru_cache(maxsize=1_000)  # templates are few
def _after(text: str) -> tuple[int, ...]:
    return msgspec.json.decode(text, type=tuple[int, ...])


def referrals_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, tuple[Referral, ...]]:
    """Return every referral of the processes, in the order in which they were placed."""
    found: dict[str, list[Referral]] = defaultdict(list)
    for process_id, *columns, acknowledged_at in _REFERRALS.tuples(tx, _keys(process_ids)):
        known = dict(zip(_REFERRAL, columns, strict=True))
        found[process_id].append(Referral(**known, recall_acknowledged=acknowledged_at is not None))
    return {
        process_id: tuple(sorted(rows, key=lambda each: (each.event_sequence, each.ordinal)))
        for process_id, rows in found.items()
    }


def buckets_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, tuple[Bucket, ...]]:
    """Return what the write-off agreements hold from the processes, in the order of the lines (R19)."""
    found: dict[str, list[Bucket]] = defaultdict(list)
    for row in _BUCKETS.tuples(tx, _keys(process_ids)):
        found[row[0]].append(Bucket(**dict(zip(Bucket.__struct_fields__, row, strict=True))))
    return {
        process_id: tuple(sorted(held, key=lambda each: (each.position, each.bucket_id)))
        for process_id, held in found.items()
    }


def _keys(process_ids: Iterable[str]) -> list[tuple[str]]:
    return [(each,) for each in sorted(set(process_ids))]
