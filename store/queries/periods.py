"""Accounting periods with what was posted in them (R22)."""

from collections.abc import Sequence

from sqlalchemy import func, select

from store.queries.months import month_of
from store.tables import journals, periods
from store.transaction import AnyRow, Transaction


def recorded(tx: Transaction, opco: str | None) -> Sequence[AnyRow]:
    """Return the periods that were ever closed, the latest first."""
    statement = select(periods).order_by(periods.c.opco, periods.c.period.desc())
    if opco is not None:
        statement = statement.where(periods.c.opco == opco)
    return tx.execute(statement).all()


def posted(tx: Transaction, opco: str | None) -> Sequence[AnyRow]:
    """Return how many journals each period has, and how many of them were moved there from a closed one."""
    month = month_of(tx, journals.c.posting_date).label("period")
    statement = select(
        journals.c.opco,
        month,
        func.count().label("journals"),
        func.count(journals.c.moved_from_period).label("moved"),
    ).group_by(journals.c.opco, month)
    if opco is not None:
        statement = statement.where(journals.c.opco == opco)
    return tx.execute(statement).all()
