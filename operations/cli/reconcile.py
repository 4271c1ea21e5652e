"""The reconciliation of the whole ledger, or of a period."""

import re
from typing import Annotated

import typer
from rich.console import Console

from messages.inbound.operations.change_period import PERIOD
from operations.cli.options import Json, Limit, Opco
from operations.cli.printing import emit, grouped, heading, note, table
from operations.database import reading, take_time
from operations.failures import ExitCode, Unusable
from operations.views.reconciliation import Checked, Group, Reconciliation, reconciliation_view
from workers.settings import Settings

Period = Annotated[
    str | None,
    typer.Option("--period", help="Only what was posted, came or was written in that month."),
]


def reconcile(
    period: Period = None,
    opco: Opco = None,
    limit: Limit = 50,
    as_json: Json = False,  # noqa: FBT002 - an option
) -> int:
    """Check every equation by opco, currency and GL account; exits 5 and names the rows when one fails."""
    if period is not None and not re.match(PERIOD, period):
        raise Unusable(f"--period {period!r} is no month such as 2026-11.")
    with reading(Settings()) as tx:
        take_time(tx)
        view = reconciliation_view(tx, opco, period, limit)
    emit(view, lambda to: _draw(to, view), as_json=as_json)
    return ExitCode.OK if view.holds else ExitCode.DIFFERENCES


def _draw(to: Console, view: Reconciliation) -> None:
    for each in view.equations:
        heading(to, f"{each.name}: {each.sentence}")
        if each.groups:
            _table(to, each)
        for group in each.groups:
            _differences(to, group)
    to.print()
    failing = [each.name for each in view.equations if not each.holds]
    to.print("Every equation holds." if view.holds else f"Differences in: {', '.join(failing)}.")


def _table(to: Console, each: Checked) -> None:
    names = list(each.groups[0].figures)
    table(
        to,
        ["Opco", "Currency", "Of", *(f"{name.capitalize()}>" for name in names), "Difference>"],
        [
            (
                group.opco,
                group.currency,
                group.part,
                *(grouped(figure) for figure in group.figures.values()),
                grouped(group.difference),
            )
            for group in each.groups
        ],
    )


def _differences(to: Console, group: Group) -> None:
    for each in group.differences:
        note(to, f"{group.opco} {group.part or ''}: {each.id} differs by {grouped(each.difference)}")
    if group.wrong > len(group.differences):
        note(to, f"{group.wrong - len(group.differences)} more: raise --limit.")
