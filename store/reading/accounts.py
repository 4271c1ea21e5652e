"""Reading what is stored of accounts, a set at a time. Every reader takes the set and returns a mapping."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Column, Table, select

from store.engine.locking import AccountKey
from store.engine.lookup import Lookup
from store.engine.transaction import AnyRow, Transaction
from store.tables import (
    account_snapshots,
    accounts,
    attempts,
    payment_cancellations,
    payments,
    persons,
)
from writeoff.account import Account, Attempt, Payment, Person

_accounts = msgspec.json.Decoder(Account)
_persons = msgspec.json.Decoder(Person)


def snapshots(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """Return the stored snapshots of the accounts that have one."""
    rows = _by_account(tx, account_snapshots, [account_snapshots.c.body], keys)
    return {(row.opco, row.account_id): _accounts.decode(row.body) for row in rows}


def defaulted_on(tx: Transaction, keys: Iterable[AccountKey]) -> dict[str, date | None]:
    """Return since when each account of one opco that is known has been in default, by account."""
    rows = _by_account(tx, accounts, [accounts.c.defaulted_on], keys)
    return {row.account_id: row.defaulted_on for row in rows}


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
    """Return the payments of the accounts, oldest first."""
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
                currency=row.currency,
                after_write_off=row.after_write_off,
                collected_by=row.collected_by,
            )
        )
    return {
        key: tuple(sorted(rows, key=lambda each: (each.received_at, each.payment_id)))
        for key, rows in found.items()
    }


def cancellations_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, dict[str, datetime]]:
    """Return when each payment of the accounts that did not hold was canceled, by payment."""
    table = payment_cancellations
    found: dict[AccountKey, dict[str, datetime]] = defaultdict(dict)
    for row in _by_account(tx, table, [table.c.payment_id, table.c.canceled_at], keys):
        found[row.opco, row.account_id][row.payment_id] = row.canceled_at
    return found


def _by_account(
    tx: Transaction, table: Table, columns: Sequence[Column[Any]], keys: Iterable[AccountKey]
) -> Sequence[AnyRow]:
    return _lookup(table, tuple(columns)).rows(tx, sorted(set(keys)))


@cache
def _lookup(table: Table, columns: tuple[Column[Any], ...]) -> Lookup:
    return Lookup(
        [table.c.opco, table.c.account_id],
        lambda wanted: select(table.c.opco, table.c.account_id, *columns).join(
            wanted, (table.c.opco == wanted.c.opco) & (table.c.account_id == wanted.c.account_id)
        ),
    )
