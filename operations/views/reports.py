"""Reports: write-offs, their ageing, recoveries, reversals, and what is still under enforcement (R28)."""

from collections.abc import Callable, Mapping

from operations.views.view import View, amount
from store.engine.transaction import Transaction
from store.ledger import enforced
from store.queries import reports
from store.queries.reports import Figures, Range
from writeoff.accounting.totals import (
    AGED,
    AGES,
    BOUNCED,
    INVENTORY,
    OLDER,
    RECOVERED,
    REVERSED,
    UNKNOWN_AGE,
    WRITTEN_OFF,
)

Cell = str | int | None
#: No journal of a group has such a figure.
_NOTHING = (0, 0)


class Report(View, frozen=True, kw_only=True):
    """Rows with the columns named; amounts are decimal strings of the row's currency."""

    name: str
    columns: list[str]
    rows: list[dict[str, Cell]]


def write_offs(tx: Transaction, within: Range) -> Report:
    """What was written off, by month of posting, opco, disposition and reason; returned goods beside it."""
    return _report(
        tx,
        within,
        "write-offs",
        ["month", "opco", "currency", "disposition", "reason"],
        {
            "journals": (WRITTEN_OFF, _journals),
            "amount": (WRITTEN_OFF, _amount),
            "inventory": (INVENTORY, _amount),
        },
    )


def recoveries(tx: Transaction, within: Range) -> Report:
    """What payments brought back, and what of it did not hold, by month, opco and disposition."""
    return _report(
        tx,
        within,
        "recoveries",
        ["month", "opco", "currency", "disposition"],
        {
            "payments": (RECOVERED, _journals),
            "recovered": (RECOVERED, _amount),
            "canceled_payments": (BOUNCED, _journals),
            "canceled": (BOUNCED, _amount),
        },
    )


def reversals(tx: Transaction, within: Range) -> Report:
    """The write-offs that were undone, with what is owed again, by month, opco and disposition."""
    return _report(
        tx,
        within,
        "reversals",
        ["month", "opco", "currency", "disposition"],
        {"reversals": (REVERSED, _journals), "owed_again": (REVERSED, _amount)},
    )


def ageing(tx: Transaction, within: Range) -> Report:
    """How old the bills were that were written off, by month and opco: goods that came back included."""
    ages = [*AGES.values(), OLDER, UNKNOWN_AGE]
    found = reports.figures(tx, within, [AGED + age for age in ages])
    return Report(
        name="ageing",
        columns=["month", "opco", "currency", *ages, "amount"],
        rows=[
            {
                "month": group.month,
                "opco": group.opco,
                "currency": group.currency,
                **{age: _amount(figures.get(AGED + age, _NOTHING), group.currency) for age in ages},
                "amount": amount(sum(minor for _, minor in figures.values()), group.currency),
            }
            for group, figures in found.items()
        ],
    )


def enforcement(tx: Transaction, within: Range) -> Report:
    """What is written off and still with an agency now, by opco and agency (IFRS 7 35L)."""
    return Report(
        name="enforcement",
        columns=["opco", "currency", "agency", "referrals", "amount"],
        rows=[
            {
                "opco": key.opco,
                "currency": key.currency,
                "agency": key.agency,
                "referrals": count,
                "amount": amount(minor, key.currency),
            }
            for key, (count, minor) in enforced.now(tx, within.opco).items()
        ],
    )


def _report(
    tx: Transaction,
    within: Range,
    name: str,
    groups: list[str],
    columns: Mapping[str, tuple[str, Callable[[tuple[int, int], str], Cell]]],
) -> Report:
    """Make a report of groups; `columns` are figures, each with what of it is shown."""

    def cells(figures: Figures, currency: str) -> dict[str, Cell]:
        return {
            column: show(figures.get(figure, _NOTHING), currency)
            for column, (figure, show) in columns.items()
        }

    found = reports.figures(tx, within, [figure for figure, _ in columns.values()])
    return Report(
        name=name,
        columns=[*groups, *columns],
        rows=[
            {**{key: getattr(group, key) for key in groups}, **cells(figures, group.currency)}
            for group, figures in found.items()
        ],
    )


def _journals(figure: tuple[int, int], _currency: str) -> Cell:
    return figure[0]


def _amount(figure: tuple[int, int], currency: str) -> Cell:
    return amount(figure[1], currency)


#: Every report by its name.
REPORTS: Mapping[str, Callable[[Transaction, Range], Report]] = {
    "write-offs": write_offs,
    "ageing": ageing,
    "recoveries": recoveries,
    "reversals": reversals,
    "enforcement": enforcement,
}
