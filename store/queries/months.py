"""Months of dates, the same on both databases."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func

from store.engine.transaction import Transaction

#: `2026-11`
_LENGTH = 7


def month_of(tx: Transaction, column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the month of a date as text, such as `2026-11`."""
    if tx.postgresql:
        return func.to_char(column, "YYYY-MM")
    return func.substr(cast(column, Text), 1, _LENGTH)


def first_day(month: str) -> date:
    """Return the first day of a month such as `2026-11`."""
    return date.fromisoformat(f"{month}-01")
