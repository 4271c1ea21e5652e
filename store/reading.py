"""Reading the parts of cases, a set at a time. Every reader takes the whole set and returns a mapping."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, ColumnElement, FromClause, Select, Table, select

from store.locking import AccountKey
from store.tables import (
    account_snapshots,
    agency_debt,
    attempts,
    buckets,
    events,
    payments,
    persons,
    processes,
    referrals,
)
from store.transaction import AnyRow, Transaction
from writeoff.account import Account, Attempt, Payment, Person
from writeoff.journal import Bucket
from writeoff.process import Agreement, Event, Process, Referral, ReturnedProduct

_accounts = msgspec.json.Decoder(Account)
_persons = msgspec.json.Decoder(Person)
_agreements = msgspec.json.Decoder(tuple[Agreement, ...])
_returned = msgspec.json.Decoder(tuple[ReturnedProduct, ...])


def snapshots(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """Return the stored snapshots of the accounts that have one."""
    rows = _by_account(tx, account_snapshots, [account_snapshots.c.body], keys)
    return {(row.opco, row.account_id): _accounts.decode(row.body) for row in rows}


def people(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Person, ...]]:
    """Return the persons of the accounts, in the snapshot's order."""
    found: dict[AccountKey, list[tuple[int, Person]]] = defaultdict(list)
    for row in _by_account(tx, persons, [persons.c.position, persons.c.body], keys):
        found[row.opco, row.account_id].append((row.position, _persons.decode(row.body)))
    return {
        key: tuple(person for _, person in sorted(rows, key=lambda row: row[0]))
        for key, rows in found.items()
    }


def attempts_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Attempt, ...]]:
    """Return every attempt on the accounts, oldest first."""
    columns = [column for column in attempts.c if column.name not in {"opco", "account_id"}]
    found: dict[AccountKey, list[Attempt]] = defaultdict(list)
    for row in _by_account(tx, attempts, columns, keys):
        found[row.opco, row.account_id].append(
            Attempt(
                attempt_id=row.attempt_id,
                repossession_id=row.repossession_id,
                attempted_at=row.attempted_at,
                attempted_by=row.attempted_by,
                reason=row.reason,
                promised_to_pay_on=row.promised_to_pay_on,
                message_id=row.message_id,
                correlation_id=row.correlation_id,
                decided=row.decided,
            )
        )
    return {
        key: tuple(sorted(rows, key=lambda each: (each.attempted_at, each.attempt_id)))
        for key, rows in found.items()
    }


def payments_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Payment, ...]]:
    """Return the payments before a write-off of the accounts, oldest first."""
    columns = [column for column in payments.c if column.name not in {"opco", "account_id"}]
    found: dict[AccountKey, list[Payment]] = defaultdict(list)
    for row in _by_account(tx, payments, columns, keys):
        found[row.opco, row.account_id].append(
            Payment(
                payment_id=row.payment_id,
                received_at=row.received_at,
                amount=row.amount_minor,
                allocations=json.loads(row.allocations),
                counted=row.counted,
            )
        )
    return {
        key: tuple(sorted(rows, key=lambda each: (each.received_at, each.payment_id)))
        for key, rows in found.items()
    }


def active_processes(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, Process]:
    """Return the active process of each account that has one, with its events."""
    wanted = _keys(tx, processes, keys)
    if wanted is None:
        return {}
    statement = (
        select(processes)
        .join(wanted, (processes.c.opco == wanted.c.opco) & (processes.c.account_id == wanted.c.account_id))
        .where(processes.c.status == "active")
    )
    found = _with_events(tx, tx.execute(statement).all())
    return {(process.opco, process.account_id): process for process in found.values()}


def processes_by_id(tx: Transaction, process_ids: Iterable[str]) -> dict[str, Process]:
    """Return processes with their events."""
    statement = _by_process(tx, processes, list(processes.c), process_ids)
    return {} if statement is None else _with_events(tx, tx.execute(statement).all())


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
    statement = _by_process(tx, buckets, list(buckets.c), process_ids)
    found: dict[str, list[Bucket]] = defaultdict(list)
    for row in [] if statement is None else tx.execute(statement):
        found[row.process_id].append(
            Bucket(
                process_id=row.process_id,
                from_sa_id=row.from_sa_id,
                write_off_sa_id=row.write_off_sa_id,
                write_off_sa_type=row.write_off_sa_type,
                distribution_code=row.distribution_code,
                accounting_date=row.accounting_date,
                gl_account=row.gl_account,
                treatment=row.treatment,
                written_off=row.written_off_minor,
                held=row.held_minor,
            )
        )
    return {process_id: tuple(rows) for process_id, rows in found.items()}


def lock_agency_debt(tx: Transaction, opcos: Iterable[str]) -> dict[str, dict[str, int]]:
    """Lock and return the active referred debt by opco and agency, in minor units."""
    statement = select(agency_debt).where(agency_debt.c.opco.in_(sorted(set(opcos))))
    statement = statement.order_by(agency_debt.c.opco, agency_debt.c.agency)
    if tx.postgresql:
        statement = statement.with_for_update()
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in tx.execute(statement):
        found[row.opco][row.agency] = row.active_minor
    return found


def _with_events(tx: Transaction, rows: Sequence[AnyRow]) -> dict[str, Process]:
    if not rows:
        return {}
    steps = _events_of(tx, [row.process_id for row in rows])
    return {
        row.process_id: Process(
            process_id=row.process_id,
            opco=row.opco,
            account_id=row.account_id,
            request_id=row.request_id,
            origin=row.origin,
            bulk=row.bulk,
            disposition=row.disposition,
            reason=row.reason,
            comments=row.comments,
            template=row.template,
            policy_digest=row.policy_digest,
            created_on=row.created_on,
            currency=row.currency,
            amount=row.amount_minor,
            agreements=_agreements.decode(row.agreements),
            returned=_returned.decode(row.returned),
            events=steps[row.process_id],
            correlation_id=row.correlation_id,
            causation_id=row.causation_id,
            traceparent=row.traceparent,
            tracestate=row.tracestate,
            status=row.status,
            end_reason=row.end_reason,
            ended_on=row.ended_on,
        )
        for row in rows
    }


#: What an `Event` is made of, as stored: one JSON array a process is a fifth of the work of a row an event.
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
_events = msgspec.json.Decoder(tuple[Event, ...])


def _events_of(tx: Transaction, process_ids: Iterable[str]) -> dict[str, tuple[Event, ...]]:
    """Return the events of processes, in their sequence."""
    statement = _by_process(
        tx, events, [events.c.process_id, tx.json_objects(_EVENT, {"after"})], process_ids
    )
    if statement is None:
        return {}
    return {
        process_id: tuple(sorted(_events.decode(body), key=lambda event: event.sequence))
        for process_id, body in tx.execute(statement.group_by(events.c.process_id))
    }


def _keys(tx: Transaction, table: Table, keys: Iterable[AccountKey]) -> FromClause | None:
    wanted = sorted(set(keys))
    return tx.rows("wanted", [table.c.opco, table.c.account_id], wanted) if wanted else None


def _by_account(
    tx: Transaction, table: Table, columns: Sequence[Column[Any]], keys: Iterable[AccountKey]
) -> Sequence[AnyRow]:
    wanted = _keys(tx, table, keys)
    if wanted is None:
        return []
    statement = select(table.c.opco, table.c.account_id, *columns).join(
        wanted, (table.c.opco == wanted.c.opco) & (table.c.account_id == wanted.c.account_id)
    )
    return tx.execute(statement).all()


def _by_process(
    tx: Transaction, table: Table, columns: Sequence[ColumnElement[Any]], process_ids: Iterable[str]
) -> Select[*tuple[Any, ...]] | None:
    wanted = sorted(set(process_ids))
    if not wanted:
        return None
    rows = tx.rows("wanted", [table.c.process_id], [(each,) for each in wanted])
    return select(*columns).join(rows, table.c.process_id == rows.c.process_id)
