"""The reconciliation: every equation of R29, group by group, and the rows by which one does not hold."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal

from operations.views.view import View, amount
from store import opcos
from store.engine.transaction import Transaction
from store.queries import reconciliation as queries
from store.queries.reconciliation import Equation, Expected, Total


class Difference(View, frozen=True, kw_only=True):
    """A row that does not add up: its id (of a process, an agreement, a journal, a message), by how much."""

    id: str
    difference: str


class Group(View, frozen=True, kw_only=True):
    """The figures of one opco, currency and part (a GL account, a type); amounts are decimal strings.

    `wrong` rows of it do not add up, the first of which are the `differences`.
    """

    opco: str
    currency: str | None
    part: str | None
    figures: Mapping[str, str]
    difference: str
    wrong: int
    differences: list[Difference]


class Checked(View, frozen=True, kw_only=True):
    """One equation with all its groups."""

    name: str
    sentence: str
    unit: Literal["money", "rows"]
    holds: bool
    groups: list[Group]


class Reconciliation(View, frozen=True, kw_only=True):
    """Whether every equation holds; `period` is None for the whole ledger."""

    opco: str | None
    period: str | None
    holds: bool
    equations: list[Checked]


def reconciliation_view(tx: Transaction, opco: str | None, period: str | None, limit: int) -> Reconciliation:
    """Check every equation; `limit` rows are named of each group that does not add up."""
    equations = [
        *queries.ledger_equations(tx, opco, period),
        *queries.traffic_equations(tx, opco, period),
        queries.acknowledgements(tx, _expected(tx), opco, period),
    ]
    checked = [check(tx, each, limit) for each in equations]
    return Reconciliation(
        opco=opco, period=period, holds=all(each.holds for each in checked), equations=checked
    )


def conservation(tx: Transaction, names: Iterable[str], limit: int) -> list[Checked]:
    """Check the equations about money of some opcos, for the audit."""
    return [check(tx, each, limit) for name in names for each in queries.ledger_equations(tx, name, None)]


def check(tx: Transaction, equation: Equation, limit: int) -> Checked:
    """Sum an equation up, and look for the rows of what does not come to nothing."""
    groups = [_group(tx, equation, total, limit) for total in queries.totals(tx, equation)]
    return Checked(
        name=equation.name,
        sentence=equation.sentence,
        unit=equation.unit,
        holds=not any(each.wrong for each in groups),
        groups=groups,
    )


def _group(tx: Transaction, equation: Equation, total: Total, limit: int) -> Group:
    wrong, rows = (0, []) if total.holds else queries.off_balance(tx, equation, total, limit)
    return Group(
        opco=total.opco,
        currency=total.currency,
        part=total.part,
        figures={name: _shown(equation, total, figure) for name, figure in total.figures.items()},
        difference=_shown(equation, total, total.difference),
        wrong=wrong,
        differences=[
            Difference(id=each.row, difference=_shown(equation, total, each.difference)) for each in rows
        ],
    )


def _shown(equation: Equation, total: Total, figure: int) -> str:
    if equation.unit == "rows" or total.currency is None:
        return str(figure)
    return amount(figure, total.currency)


def _expected(tx: Transaction) -> list[Expected]:
    """Return which consumers have to acknowledge, by the current policies."""
    found: list[Expected] = []
    for name, each in sorted(opcos.now(tx).items()):
        policy = opcos.policy_by_digest(tx, each.policy_digest)
        found += [
            Expected(
                opco=name,
                consumer=consumer,
                since=rule.since,
                due_before=tx.now - timedelta(hours=rule.within_hours),
            )
            for consumer, rule in sorted(policy.acknowledgements.items())
        ]
    return found
