"""Accounting periods with what was posted in them (R22)."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from store.engine.transaction import AnyRow, Transaction
from store.queries import reports
from store.queries.reports import Range
from store.tables import periods
from writeoff.accounting.totals import MOVED, POSTED


class Posted(NamedTuple):
    """How many journals a period has, and how many of them were moved there from a closed one."""

    journals: int
    moved: int


def recorded(tx: Transaction, opco: str | None) -> Sequence[AnyRow]:
    """Return the periods that were ever closed, the latest first."""
    statement = select(periods).order_by(periods.c.opco, periods.c.period.desc())
    if opco is not None:
        statement = statement.where(periods.c.opco == opco)
    return tx.execute(statement).all()


def posted(tx: Transaction, opco: str | None) -> dict[tuple[str, str], Posted]:
    """Return what was posted, by opco and period. The transaction must see one moment."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for group, figures in reports.figures(tx, Range(opco=opco), [POSTED, MOVED]).items():
        for figure, (journals, _) in figures.items():
            counts[group.opco, group.month, figure] += journals
    return {
        (name, month): Posted(counts[name, month, POSTED], counts[name, month, MOVED])
        for name, month, _ in counts
    }
