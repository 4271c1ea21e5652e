"""Accounting periods: which are closed, since when, and what was posted in each (R22)."""

from datetime import datetime

from operations.views.view import View
from store import opcos
from store.engine.transaction import Transaction
from store.ledger import periods as period_store
from store.queries import periods
from writeoff.accounting.posting import period_of


class Period(View, frozen=True, kw_only=True):
    """A month of an opco's books. `moved` of its `journals` belong to an earlier period that was closed.

    `opened_at` is set on one that was closed and opened again.
    """

    opco: str
    period: str
    status: str
    journals: int
    moved: int
    closed_at: datetime | None
    closed_by: str | None
    opened_at: datetime | None
    opened_by: str | None


class Periods(View, frozen=True, kw_only=True):
    """The periods that were closed, those with journals, and the present one; by opco, the latest first."""

    periods: list[Period]


def periods_view(tx: Transaction, opco: str | None) -> Periods:
    """Return the periods of one opco, or of all."""
    now = {name: each for name, each in opcos.now(tx).items() if opco in {None, name}}
    recorded = {(row.opco, row.period): row for row in periods.recorded(tx, opco)}
    posted = periods.posted(tx, opco)
    present = {(name, period_of(each.today)) for name, each in now.items()}
    books = period_store.of(tx, {name for name, _ in {*recorded, *posted, *present}})
    rows: list[Period] = []
    latest_first = sorted({*recorded, *posted, *present}, key=lambda key: key[1], reverse=True)
    for key in sorted(latest_first, key=lambda key: key[0]):
        known, found = recorded.get(key), posted.get(key)
        rows.append(
            Period(
                opco=key[0],
                period=key[1],
                status="closed" if books[key[0]].is_closed(key[1]) else "open",
                journals=found.journals if found else 0,
                moved=found.moved if found else 0,
                closed_at=known.closed_at if known else None,
                closed_by=known.actor if known else None,
                opened_at=known.opened_at if known else None,
                opened_by=known.opened_by if known else None,
            )
        )
    return Periods(periods=rows)
