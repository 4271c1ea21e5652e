"""What agencies collect now: active referrals, and those of debt that is written off already (R13, R28)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from store.tables import accounts, referrals
from store.transaction import AnyRow, Transaction


def active_referrals(tx: Transaction, opco: str | None = None) -> Sequence[AnyRow]:
    """Return `opco`, `currency`, `agency`, `referrals` and `amount_minor` of all active referrals."""
    agency = referrals.c.agency
    counted = _counted(agency).group_by(referrals.c.opco, referrals.c.currency, agency)
    return _rows(tx, counted.order_by(referrals.c.opco, referrals.c.currency, agency), opco)


def still_enforced(tx: Transaction, opco: str | None = None) -> Sequence[AnyRow]:
    """Return `opco`, `currency`, `referrals`, `amount_minor`: written off, still under enforcement.

    These are the active referrals of the process that wrote the account off (R28; IFRS 7 paragraph 35L).
    """
    counted = (
        _counted()
        .join(
            accounts,
            (accounts.c.opco == referrals.c.opco) & (accounts.c.account_id == referrals.c.account_id),
        )
        .where(accounts.c.locked_by == referrals.c.process_id)
        .group_by(referrals.c.opco, referrals.c.currency)
    )
    return _rows(tx, counted.order_by(referrals.c.opco, referrals.c.currency), opco)


def _counted(*columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    return select(
        referrals.c.opco,
        referrals.c.currency,
        *columns,
        func.count().label("referrals"),
        func.sum(referrals.c.amount_minor).label("amount_minor"),
    ).where(referrals.c.active)


def _rows(tx: Transaction, statement: Select[*tuple[Any, ...]], opco: str | None) -> Sequence[AnyRow]:
    if opco is not None:
        statement = statement.where(referrals.c.opco == opco)
    return tx.execute(statement).all()
