"""Accounts with attempts that no process has been opened for, a page at a time (R6)."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, and_, exists, select, tuple_

from store.locking import AccountKey
from store.tables import accounts, attempts, processes, timers
from store.transaction import AnyRow, Transaction


def page(tx: Transaction, opco: str | None, after: AccountKey | None, limit: int) -> Sequence[AnyRow]:
    """Return accounts in the order of their keys, with their standing and pending timers."""
    day, end = timers.alias("day"), timers.alias("end")
    statement = (
        select(
            accounts.c.opco,
            accounts.c.account_id,
            accounts.c.state,
            accounts.c.currency,
            accounts.c.defaulted_on,
            accounts.c.standing,
            day.c.due_on.label("looked_at_on"),
            end.c.due_on.label("hold_ends_on"),
        )
        .outerjoin(day, _timer(day, "days-in-default"))
        .outerjoin(end, _timer(end, "hold-end"))
        .where(
            accounts.c.locked_by.is_(None),
            accounts.c.defaulted_on.is_not(None),
            exists().where(
                attempts.c.opco == accounts.c.opco, attempts.c.account_id == accounts.c.account_id
            ),
            ~exists().where(
                processes.c.opco == accounts.c.opco,
                processes.c.account_id == accounts.c.account_id,
                processes.c.status == "active",
            ),
        )
        .order_by(accounts.c.opco, accounts.c.account_id)
        .limit(limit)
    )
    if opco is not None:
        statement = statement.where(accounts.c.opco == opco)
    if after is not None:
        statement = statement.where(tuple_(accounts.c.opco, accounts.c.account_id) > tuple_(*after))
    return tx.execute(statement).all()


def _timer(timer: FromClause, kind: str) -> ColumnElement[bool]:
    return and_(
        timer.c.opco == accounts.c.opco, timer.c.kind == kind, timer.c.subject == accounts.c.account_id
    )
