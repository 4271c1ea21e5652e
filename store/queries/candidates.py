"""Accounts with attempts that no process has been opened for, a page at a time (R6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, select, tuple_

from store.locking import AccountKey
from store.tables import accounts, attempts, processes
from store.transaction import AnyRow, Transaction

#: An account, and the moment at which its day of default began.
Since = tuple[str, str, datetime]


class Counted(NamedTuple):
    """How many attempts an account has had since its default, and how many of all are undecided."""

    counted: int
    undecided: int


def page(tx: Transaction, opco: str | None, after: AccountKey | None, limit: int) -> Sequence[AnyRow]:
    """Return accounts in the order of their keys: opco, id, currency, day of default, standing."""
    statement = (
        select(
            accounts.c.opco,
            accounts.c.account_id,
            accounts.c.currency,
            accounts.c.defaulted_on,
            accounts.c.standing,
        )
        .where(
            accounts.c.locked_by.is_(None),
            accounts.c.defaulted_on.is_not(None),
            exists().where(*_of_account(attempts.c)),
            ~exists().where(*_of_account(processes.c), processes.c.status == "active"),
        )
        .order_by(accounts.c.opco, accounts.c.account_id)
        .limit(limit)
    )
    if opco is not None:
        statement = statement.where(accounts.c.opco == opco)
    if after is not None:
        statement = statement.where(tuple_(accounts.c.opco, accounts.c.account_id) > tuple_(*after))
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
