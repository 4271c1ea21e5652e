"""An equation over rows: entries on either side, summed by group, or by row where a group does not add up."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Subquery, case, cast, func, literal, null, select, union_all
from sqlalchemy.types import Text

from store.transaction import Transaction
from writeoff.value import Value

#: What every entry has, in this order.
COLUMNS = ("opco", "currency", "part", "row", "amount")

Entries = Select[Any]


class Equation(Value, frozen=True, kw_only=True):
    """`left` and `right` by the names of their figures: entries of (opco, currency, part, row, amount).

    `part` is the group within opco and currency (a GL account, a type), `row` the id by which a difference is
    found. Amounts are minor units, or rows that are counted where `unit` is `rows`.
    """

    name: str
    sentence: str
    unit: Literal["money", "rows"]
    left: Mapping[str, Sequence[Any]]
    right: Mapping[str, Sequence[Any]]

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of all figures, those of the left side first."""
        return (*self.left, *self.right)


class Total(Value, frozen=True, kw_only=True):
    """The figures of one group of an equation; `difference` is left less right.

    It may be nothing while rows are wrong: what one has too much may be missing in another.
    """

    opco: str
    currency: str | None
    part: str | None
    figures: Mapping[str, int]
    difference: int
    wrong_rows: int


class OffBalance(Value, frozen=True, kw_only=True):
    """A row whose entries do not come to nothing, and by how much."""

    row: str
    difference: int


def entries(
    opco: ColumnElement[Any],
    currency: ColumnElement[Any] | None,
    part: ColumnElement[Any] | None,
    row: ColumnElement[Any],
    amount: ColumnElement[Any] | None = None,
) -> Entries:
    """Return a selection of entries; without `amount` each row counts as one."""
    given = (opco, currency, part, row)
    columns = [
        (cast(each, Text) if each is not None else null()).label(name)
        for name, each in zip(COLUMNS, given, strict=False)
    ]
    found: Entries = select(*columns, (literal(1) if amount is None else amount).label("amount"))
    return found


def totals(tx: Transaction, equation: Equation) -> list[Total]:
    """Return every group's figures, by opco, currency and part."""
    row = _by_row(equation)
    key = [row.c.opco, row.c.currency, row.c.part]
    sums = [func.sum(row.c[f"figure_{number}"]) for number in range(len(equation.figures))]
    wrong = func.sum(case((row.c.difference != 0, 1), else_=0))
    found = [
        Total(
            opco=opco,
            currency=currency,
            part=part,
            figures={name: int(sum_) for name, sum_ in zip(equation.figures, figures, strict=True)},
            difference=int(difference),
            wrong_rows=int(count),
        )
        for opco, currency, part, difference, count, *figures in tx.execute(
            select(*key, func.sum(row.c.difference), wrong, *sums).group_by(*key)
        ).all()
    ]
    return sorted(found, key=lambda total: (total.opco, total.currency or "", total.part or ""))


def off_balance(tx: Transaction, equation: Equation, of: Total, limit: int) -> list[OffBalance]:
    """Return the rows of a group that make its difference, in the order of their ids."""
    row = _by_row(equation)
    statement = (
        select(row.c.row, row.c.difference)
        .where(
            row.c.difference != 0,
            row.c.opco == of.opco,
            row.c.currency.is_(None) if of.currency is None else row.c.currency == of.currency,
            row.c.part.is_(None) if of.part is None else row.c.part == of.part,
        )
        .order_by(row.c.row)
        .limit(limit)
    )
    return [OffBalance(row=each[0], difference=int(each[1])) for each in tx.execute(statement).all()]


def _by_row(equation: Equation) -> Subquery:
    """Return all figures of each row side by side, and what the left ones have more than the right ones."""
    selections: list[Entries] = []
    for number, side in enumerate((*equation.left.values(), *equation.right.values())):
        for each in side:
            given = each.subquery()
            selections.append(select(*[given.c[name] for name in COLUMNS], literal(number).label("figure")))
    every = union_all(*selections).subquery()
    key = [every.c.opco, every.c.currency, every.c.part, every.c.row]
    signed = case((every.c.figure < len(equation.left), every.c.amount), else_=-every.c.amount)
    figures = [
        func.sum(case((every.c.figure == number, every.c.amount), else_=0)).label(f"figure_{number}")
        for number in range(len(equation.figures))
    ]
    found: Select[Any] = select(*key, func.sum(signed).label("difference"), *figures).group_by(*key)
    return found.subquery()
