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
from store.engine.transaction import Transaction
from store.tables import (
    account_snapshots,
    accounts,
    attempts,
    payment_cancellations,
    payments,
    persons,
)
from writeoff.account import Account, Attempt, Payment, Person
from writeoff.case import Part

_Columns = tuple[Table, tuple[Column[Any], ...]]


def _fields(table: Table, names: Iterable[str]) -> _Columns:
    """Return the columns that a value's fields are read from."""
    minor = {"amount": "amount_minor"}
    return table, tuple(table.c[minor.get(name, name)] for name in names)


_SNAPSHOTS = _fields(account_snapshots, ("body",))
_PERSONS = _fields(persons, ("position", "body"))
_ATTEMPTS = _fields(attempts, Attempt.__struct_fields__)
_PAYMENTS = _fields(payments, Payment.__struct_fields__)
_CANCELLATIONS = _fields(payment_cancellations, ("payment_id", "canceled_at"))
#: What to read for parts of a case.
_READ = {
    Part.SNAPSHOT: _SNAPSHOTS,
    Part.PERSONS: _PERSONS,
    Part.ATTEMPTS: _ATTEMPTS,
    Part.PAYMENTS: _PAYMENTS,
    Part.PAYMENTS | Part.CANCELLATIONS: _CANCELLATIONS,
}

_accounts = msgspec.json.Decoder(Account)
_persons = msgspec.json.Decoder(Person)


def foresee(tx: Transaction, keys: Iterable[AccountKey], parts: Part) -> None:
    """Have these parts of the accounts' cases answered together with what is asked first."""
    wanted = sorted(set(keys))
    for part, of in _READ.items():
        if part & parts:
            _lookup(*of).foresee(tx, wanted)


def snapshots(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """Return the stored snapshots of the accounts that have one."""
    rows = _by_account(tx, _SNAPSHOTS, keys)
    return {(opco, account_id): _accounts.decode(body) for opco, account_id, body in rows}


def defaulted_on(tx: Transaction, keys: Iterable[AccountKey]) -> dict[str, date | None]:
    """Return since when each account of one opco that is known has been in default, by account."""
    rows = _by_account(tx, (accounts, (accounts.c.defaulted_on,)), keys)
    return {account_id: since for _, account_id, since in rows}


def people(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Person, ...]]:
    """Return the persons of the accounts, in the snapshot's order."""
    found: dict[AccountKey, list[tuple[int, Person]]] = defaultdict(list)
    for opco, account_id, position, body in _by_account(tx, _PERSONS, keys):
        found[opco, account_id].append((position, _persons.decode(body)))
    return {
        key: tuple(person for _, person in sorted(rows, key=lambda row: row[0]))
        for key, rows in found.items()
    }


def attempts_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Attempt, ...]]:
    """Return every attempt on the accounts, oldest first."""
    found: dict[AccountKey, list[Attempt]] = defaultdict(list)
    for opco, account_id, *values in _by_account(tx, _ATTEMPTS, keys):
        known = dict(zip(Attempt.__struct_fields__, values, strict=True))
        found[opco, account_id].append(Attempt(**known))
    return {
        key: tuple(sorted(rows, key=lambda each: (each.attempted_at, each.attempt_id)))
        for key, rows in found.items()
    }


def payments_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, tuple[Payment, ...]]:
    """Return the payments of the accounts, oldest first."""
    found: dict[AccountKey, list[Payment]] = defaultdict(list)
    for opco, account_id, *values in _by_account(tx, _PAYMENTS, keys):
        known = dict(zip(Payment.__struct_fields__, values, strict=True))
        known["allocations"] = json.loads(known["allocations"])
        found[opco, account_id].append(Payment(**known))
    return {
        key: tuple(sorted(rows, key=lambda each: (each.received_at, each.payment_id)))
        for key, rows in found.items()
    }


def cancellations_of(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, dict[str, datetime]]:
    """Return when each payment of the accounts that did not hold was canceled, by payment."""
    found: dict[AccountKey, dict[str, datetime]] = defaultdict(dict)
    for opco, account_id, payment_id, canceled_at in _by_account(tx, _CANCELLATIONS, keys):
        found[opco, account_id][payment_id] = canceled_at
    return found


def _by_account(tx: Transaction, of: _Columns, keys: Iterable[AccountKey]) -> Sequence[tuple[Any, ...]]:
    """Return opco, account, and the columns."""
    return _lookup(*of).tuples(tx, sorted(set(keys)))


@cache
def _lookup(table: Table, columns: tuple[Column[Any], ...]) -> Lookup:
    return Lookup(
        [table.c.opco, table.c.account_id],
        lambda wanted: select(table.c.opco, table.c.account_id, *columns).join(
            wanted, (table.c.opco == wanted.c.opco) & (table.c.account_id == wanted.c.account_id)
        ),
    )
