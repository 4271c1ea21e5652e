"""When a journal is posted: on its own date, or, when its period is closed, in the first open one (R22)."""

from datetime import date

from writeoff.value import Value

_MONTHS_A_YEAR = 12


class Dates(Value, frozen=True, kw_only=True):
    """The dates of a journal; `moved_from_period` is the closed period that it belongs to, if it does."""

    transaction_date: date
    posting_date: date
    moved_from_period: str | None


class Periods(Value, frozen=True, kw_only=True):
    """The accounting periods of an opco that take no more postings, as `2026-11`.

    The books begin with `first`, the earliest period that was ever closed: all before it are closed too.
    Without one every period is open.
    """

    first: str | None = None
    closed: frozenset[str] = frozenset()

    def is_closed(self, period: str) -> bool:
        """Tell whether a period takes no more postings."""
        return period in self.closed or (self.first is not None and period < self.first)

    def dates(self, transaction_date: date) -> Dates:
        """Return when a transaction of that date is posted: the same day, or the first of an open period."""
        period = period_of(transaction_date)
        if not self.is_closed(period):
            return Dates(
                transaction_date=transaction_date, posting_date=transaction_date, moved_from_period=None
            )
        opened = max(period, self.first or period)
        while self.is_closed(opened):
            opened = period_of(first_day(opened, months_later=1))
        return Dates(
            transaction_date=transaction_date, posting_date=first_day(opened), moved_from_period=period
        )


def period_of(day: date) -> str:
    """Return the accounting period of a day: its month, as `2026-11`."""
    return f"{day.year:04}-{day.month:02}"


def first_day(period: str, *, months_later: int = 0) -> date:
    """Return the first day of a period, or of the one so many months later (or, below zero, earlier).

    Raises ValueError for what is no period.
    """
    year, _, month = period.partition("-")
    known = date(int(year), int(month), 1)
    months = known.year * _MONTHS_A_YEAR + known.month - 1 + months_later
    return date(months // _MONTHS_A_YEAR, months % _MONTHS_A_YEAR + 1, 1)
