"""An equation over rows: entries on either side, summed by group, or by row where a group does not add up."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.types import Text

from store.engine.given import WEIGHTS
from store.engine.transaction import Transaction
from writeoff.value import Value

#: What every entry has, in this order.
COLUMNS = ("opco", "currency", "part", "row", "amount")

Entries = Select[Any]
#: opco, currency, part
_Group = tuple[str, str | None, str | None]


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

    It may be nothing where the group does not hold: what one row has too much may be missing in another.
    """

    opco: str
    currency: str | None
    part: str | None
    figures: Mapping[str, int]
    difference: int
    holds: bool


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
        (each if each is not None else cast(null(), Text)).label(name)
        for name, each in zip(COLUMNS, given, strict=False)
    ]
    found: Entries = select(*columns, (literal(1) if amount is None else amount).label("amount"))
    return found


def totals(tx: Transaction, equation: Equation) -> list[Total]:
    """Return every group's figures, by opco, currency and part.

    Amounts are summed up as they are and weighted by their row: rows whose errors cancel out in a sum do not
    in the other, and nothing need be sorted by row.
    """
    figures: dict[_Group, dict[str, int]] = {}
    weighted: dict[_Group, int] = defaultdict(int)
    for figure, opco, currency, part, sum_, weight in tx.execute(_sums(tx, equation)).all():
        name, group = equation.figures[figure], (opco, currency, part)
        known = figures.setdefault(group, dict.fromkeys(equation.figures, 0))
        known[name] += int(sum_)
        weighted[group] += int(weight) if name in equation.left else -int(weight)
    found: list[Total] = []
    for group in sorted(figures, key=lambda each: tuple(name or "" for name in each)):
        known = figures[group]
        difference = sum(known[name] for name in equation.left) - sum(known[name] for name in equation.right)
        found.append(
            Total(
                opco=group[0],
                currency=group[1],
                part=group[2],
                figures=known,
                difference=difference,
                holds=difference == 0 and weighted[group] == 0,
            )
        )
    return found


def _sums(tx: Transaction, equation: Equation) -> CompoundSelect[Any]:
    selections: list[Entries] = []
    for number, side in enumerate((*equation.left.values(), *equation.right.values())):
        for each in side:
            given = each.subquery()
            key = [given.c.opco, given.c.currency, given.c.part]
            amount = given.c.amount
            sums = (func.sum(amount), func.sum(amount * _weight(tx, given.c.row)))
            selections.append(select(literal(number), *key, *sums).group_by(*key))
    return union_all(*selections)


def _weight(tx: Transaction, row: ColumnElement[Any]) -> ColumnElement[int]:
    """Return a number below 2**19 of a row's id: times an amount it leaves room for sums of a million."""
    if tx.postgresql:
        return func.hashtext(cast(row, Text)).op("&")(WEIGHTS)
    return func.weight_of(row)


def off_balance(tx: Transaction, equation: Equation, of: Total, limit: int) -> tuple[int, list[OffBalance]]:
    """Return how many rows of a group do not add up, and the first of them, in the order of their ids."""
    row = _by_row(equation)
    statement = (
        select(cast(row.c.row, Text), row.c.difference, func.count().over())
        .where(
            row.c.difference != 0,
            row.c.opco == of.opco,
            row.c.currency.is_(None) if of.currency is None else row.c.currency == of.currency,
            row.c.part.is_(None) if of.part is None else row.c.part == of.part,
        )
        .order_by(row.c.row)
        .limit(limit)
    )
    rows = tx.execute(statement).all()
    found = [OffBalance(row=each[0], difference=int(each[1])) for each in rows]
    return (rows[0][2] if rows else 0), found


def _by_row(equation: Equation) -> Subquery:
    """Return by how much the left side of each row is more than the right one."""
    signed = [
        select(*[given.c[name] for name in COLUMNS[:-1]], (given.c.amount * sign).label("amount"))
        for sign, side in ((1, equation.left), (-1, equation.right))
        for selections in side.values()
        for given in (each.subquery() for each in selections)
    ]
    every = union_all(*signed).subquery()
    key = [every.c.opco, every.c.currency, every.c.part, every.c.row]
    found: Entries = select(*key, func.sum(every.c.amount).label("difference")).group_by(*key)
    return found.subquery()
