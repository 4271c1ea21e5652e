"""Accounts with attempts that no process has been opened for, a page at a time (R6)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, select, tuple_

from store.engine.locking import AccountKey
from store.engine.transaction import AnyRow, Transaction
from store.tables import accounts, attempts, processes

#: An account, and the moment at which its day of default began.
Since = tuple[str, str, datetime]


#: Accounts in default that are walked at a time, at least.
_WALKED = 500


class Counted(NamedTuple):
    """How many attempts an account has had since its default, and how many of all are undecided."""

    counted: int
    undecided: int


class Place(NamedTuple):
    """Where an account stands in the order of the list: the longest in default first."""

    defaulted_on: date
    opco: str
    account_id: str


def page(tx: Transaction, opcos: Sequence[str], after: Place | None, limit: int) -> Sequence[AnyRow]:
    """Return accounts of these opcos in that order: opco, id, currency, day of default, standing."""
    rows = [row for name in opcos for row in _of_opco(tx, name, after, limit)]
    return sorted(rows, key=place_of)[:limit]


def place_of(row: AnyRow) -> Place:
    """Return where a row of a page stands."""
    return Place(row.defaulted_on, row.opco, row.account_id)


def _of_opco(tx: Transaction, opco: str, after: Place | None, limit: int) -> Sequence[AnyRow]:
    """Walk the accounts in default until enough of them are candidates, or there are no more."""
    found: list[AnyRow] = []
    while len(found) < limit and (walked := _in_default(tx, opco, after, max(limit, _WALKED))):
        found += sorted(_candidates_among(tx, walked), key=place_of)
        after = walked[-1]
    return found[:limit]


def _in_default(tx: Transaction, opco: str, after: Place | None, limit: int) -> list[Place]:
    """Return a page of all in default, from the index alone: how many have attempts no statistics tell."""
    columns = [accounts.c.defaulted_on, accounts.c.opco, accounts.c.account_id]
    statement = (
        select(*columns)
        .where(accounts.c.opco == opco, accounts.c.locked_by.is_(None), accounts.c.defaulted_on.is_not(None))
        .order_by(accounts.c.opco, accounts.c.defaulted_on, accounts.c.account_id)
        .limit(limit)
    )
    if after is not None and opco == after.opco:
        here = tuple_(accounts.c.defaulted_on, accounts.c.account_id)
        statement = statement.where(here > tuple_(after.defaulted_on, after.account_id))
    elif after is not None and opco < after.opco:  # of that day these came before it
        statement = statement.where(accounts.c.defaulted_on > after.defaulted_on)
    elif after is not None:
        statement = statement.where(accounts.c.defaulted_on >= after.defaulted_on)
    return [Place(*row) for row in tx.tuples(statement)]


def _candidates_among(tx: Transaction, walked: Sequence[Place]) -> Sequence[AnyRow]:
    key = [accounts.c.opco, accounts.c.account_id]
    wanted = tx.rows("wanted", key, [(each.opco, each.account_id) for each in walked])
    statement = (
        select(*key, accounts.c.currency, accounts.c.defaulted_on, accounts.c.standing)
        .join(wanted, and_(*[column == wanted.c[column.name] for column in key]))
        .where(
            exists().where(*_of_account(attempts.c)),
            ~exists().where(*_of_account(processes.c), processes.c.status == "active"),
        )
    )
    return tx.execute(statement).all()


def counts(tx: Transaction, since: Sequence[Since]) -> dict[AccountKey, Counted]:
    """Count the attempts of accounts; each has one at least."""
    columns = [attempts.c.opco, attempts.c.account_id, attempts.c.attempted_at]
    wanted = tx.rows("wanted", columns, since)
    key = [attempts.c.opco, attempts.c.account_id]
    statement = (
        select(
            *key,
            func.sum(case((attempts.c.attempted_at >= wanted.c.attempted_at, 1), else_=0)),
            func.sum(case((attempts.c.decided.is_(True), 0), else_=1)),
        )
        .join(wanted, and_(*[column == wanted.c[column.name] for column in key]))
        .group_by(*key)
    )
    return {(row[0], row[1]): Counted(row[2], row[3]) for row in tx.execute(statement).all()}


def _of_account(columns: Any) -> list[ColumnElement[bool]]:
    return [columns.opco == accounts.c.opco, columns.account_id == accounts.c.account_id]
