"""Figures of the ledger for reports, by month of posting: totals, and what is not in them yet."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from store.engine.partitions import following
from store.engine.transaction import Transaction
from store.ledger import totals
from store.queries.months import first_day
from store.tables import journals, ledger_totals
from writeoff.value import Value


class Range(Value, frozen=True, kw_only=True):
    """Which journals: of an opco, posted from one month to another, both included; None: of all."""

    opco: str | None = None
    first: str | None = None
    last: str | None = None


class Group(NamedTuple):
    """What the figures of a report are of, in the order of its rows."""

    month: str
    opco: str
    currency: str
    disposition: str
    reason: str


#: Journals and minor units, by figure (`writeoff.accounting.totals`).
Figures = Mapping[str, tuple[int, int]]


def figures(tx: Transaction, within: Range, names: Sequence[str]) -> dict[Group, Figures]:
    """Return the named figures of all groups that have any, in order: exact, whatever is sealed or added up.

    The transaction must see one moment.
    """
    sums = totals.kept(tx, [ledger_totals.c.figure.in_(names), *_of_totals(within)])
    totals.add_pending(tx, sums, within.opco, _of_journals(within))
    found: dict[Group, dict[str, tuple[int, int]]] = {}
    for key, figure in sums.found.items():
        if key.figure in names:
            group = Group(key.month, key.opco, key.currency, key.disposition, key.reason)
            found.setdefault(group, {})[key.figure] = figure
    return {group: found[group] for group in sorted(found)}


def _of_totals(within: Range) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = []
    if within.opco is not None:
        conditions.append(ledger_totals.c.opco == within.opco)
    if within.first is not None:
        conditions.append(ledger_totals.c.month >= within.first)
    if within.last is not None:
        conditions.append(ledger_totals.c.month <= within.last)
    return conditions


def _of_journals(within: Range) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = []
    if within.first is not None:
        conditions.append(journals.c.posting_date >= first_day(within.first))
    if within.last is not None:
        conditions.append(journals.c.posting_date < following(first_day(within.last)))
    return conditions
