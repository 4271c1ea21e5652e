"""The account row is the one lock: taken in (opco, account) order, before anything is read."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import FromClause, select

from store.engine.lookup import Lookup, Query
from store.engine.transaction import Transaction
from store.tables import accounts, agency_debt
from writeoff.account import Standing
from writeoff.value import Value

AccountKey = tuple[str, str]

#: The version of an account that no snapshot has told of: the row is there to be locked.
UNKNOWN_VERSION = 0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_STANDING = "{}"

_standings = msgspec.json.Decoder(Standing)


class LockedAccount(Value, frozen=True, kw_only=True):
    """An account whose row this transaction holds; `standing` is None while no snapshot has come."""

    version: int
    standing: Standing | None


def _accounts(wanted: FromClause) -> Query:
    return (
        select(accounts.c.opco, accounts.c.account_id, accounts.c.version, accounts.c.standing)
        .join(wanted, (accounts.c.opco == wanted.c.opco) & (accounts.c.account_id == wanted.c.account_id))
        .order_by(accounts.c.opco, accounts.c.account_id)
    )


_KEY = [accounts.c.opco, accounts.c.account_id]
_ACCOUNTS = Lookup(_KEY, _accounts)
#: On SQLite a lock compiles to nothing: there a writer is alone.
_LOCKED = Lookup(_KEY, lambda wanted: _accounts(wanted).with_for_update(of=accounts))
_FREE = Lookup(_KEY, lambda wanted: _accounts(wanted).with_for_update(of=accounts, skip_locked=True))

_LOCKED_DEBT = Lookup(
    [agency_debt.c.opco],
    lambda wanted: (
        select(agency_debt.c.opco, agency_debt.c.agency, agency_debt.c.active_minor)
        .join(wanted, agency_debt.c.opco == wanted.c.opco)
        .order_by(agency_debt.c.opco, agency_debt.c.agency)
        .with_for_update(of=agency_debt)
    ),
)


def foresee_free(tx: Transaction, keys: Iterable[AccountKey]) -> None:
    """Have `lock` with `skip_locked` answered together with what is asked first.

    What is foreseen from here on is read under the locks, unless others hold some (`Transaction.forget`).
    """
    _FREE.foresee(tx, sorted(set(keys)))


def lock(
    tx: Transaction, keys: Iterable[AccountKey], *, skip_locked: bool = False
) -> dict[AccountKey, LockedAccount]:
    """Lock the accounts that exist, in order; with `skip_locked` those that others hold are left out."""
    lookup = _FREE if skip_locked else _LOCKED
    return dict(_known(row) for row in lookup.tuples(tx, sorted(set(keys))))


def _known(row: tuple[Any, ...]) -> tuple[AccountKey, LockedAccount]:
    opco, account_id, version, body = row
    standing = _standings.decode(body) if version > UNKNOWN_VERSION else None
    return (opco, account_id), LockedAccount(version=version, standing=standing)


def look(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, LockedAccount]:
    """Return accounts as they are, known or not, without a lock: for whoever only wants to see (R4)."""
    wanted = sorted(set(keys))
    found = dict(_known(row) for row in _ACCOUNTS.tuples(tx, wanted))
    unknown = LockedAccount(version=UNKNOWN_VERSION, standing=None)
    return {key: found.get(key, unknown) for key in wanted}


def lock_or_create(tx: Transaction, keys: Iterable[AccountKey]) -> dict[AccountKey, LockedAccount]:
    """Lock the accounts, making an empty row for those that are not known yet, so that all can be locked."""
    wanted = sorted(set(keys))
    locked = lock(tx, wanted)
    missing = [key for key in wanted if key not in locked]
    if not missing:
        return locked
    now = tx.now
    tx.insert_new(
        accounts,
        ("opco", "account_id", "version", "as_of", "state", "currency", "standing", "updated_at"),
        [
            (opco, account, UNKNOWN_VERSION, _EPOCH, "unknown", "", _NO_STANDING, now)
            for opco, account in missing
        ],
        ("opco", "account_id"),
    )
    return lock(tx, wanted)


def agency_debt_of(tx: Transaction, opco: str) -> dict[str, int]:
    """Return an opco's active referred debt by agency as it is, without a lock, in minor units (R4)."""
    statement = select(agency_debt.c.agency, agency_debt.c.active_minor).where(agency_debt.c.opco == opco)
    return {row[0]: row[1] for row in tx.execute(statement).all()}


def lock_agency_debt(tx: Transaction, opcos: Iterable[str]) -> dict[str, dict[str, int]]:
    """Lock and return the active referred debt by opco and agency, in minor units."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for opco, agency, active in _LOCKED_DEBT.tuples(tx, [(opco,) for opco in sorted(set(opcos))]):
        found[opco][agency] = active
    return found
