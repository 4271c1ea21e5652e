"""Facts about accounting periods; the opco's row is locked (R22)."""

from collections.abc import Sequence

from store.engine.transaction import Transaction
from store.tables import periods
from writeoff.facts import PeriodClosed, PeriodOpened


def periods_closed(tx: Transaction, facts: Sequence[PeriodClosed]) -> None:
    """Close periods, those that were opened again too."""
    rows = [(fact.cause.opco, fact.period, fact.cause.at, fact.cause.actor) for fact in facts]
    new = tx.insert_new(periods, ("opco", "period", "closed_at", "actor"), rows, ("opco", "period"))
    tx.update(
        periods,
        ("opco", "period"),
        ("closed_at", "actor", "opened_at", "opened_by"),
        [(*row, None, None) for row in rows if row[:2] not in new],
    )


def periods_opened(tx: Transaction, facts: Sequence[PeriodOpened]) -> None:
    """Open periods again; their rows stay, since the earliest of them begins the books."""
    tx.update(
        periods,
        ("opco", "period"),
        ("opened_at", "opened_by"),
        [(fact.cause.opco, fact.period, fact.cause.at, fact.cause.actor) for fact in facts],
    )
