"""Accounting periods: closed, opened again, listed."""

from typing import Annotated

import typer

from messages.inbound.operations.change_period import ClosePeriod, OpenPeriod
from operations.actor import operator
from operations.cli.options import As, Json, Opco
from operations.cli.printing import emit, table
from operations.database import reading
from operations.orders import Refused, opcos_named, order
from operations.views.periods import periods_view
from workers.settings import Settings

app = typer.Typer(help="Close and open accounting periods (R22).", no_args_is_help=True)

Period = Annotated[str, typer.Argument(help="A month, such as 2026-11.")]


@app.command()
def close(
    period: Period,
    opco: Opco = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Noted with the command.")] = None,
    named: As = None,
) -> None:
    """Let a period take no more postings: what belongs there is posted on the first day of an open one."""
    _order(opco, named, ClosePeriod(period=period, reason=reason), f"Period {period} is closed for")


@app.command("open")
def reopen(
    period: Period,
    reason: Annotated[str, typer.Option("--reason", help="Why the books are opened again.")],
    opco: Opco = None,
    named: As = None,
) -> None:
    """Let a closed period take postings again. What was moved out of it stays where it was posted."""
    _order(opco, named, OpenPeriod(period=period, reason=reason), f"Period {period} is open for")


@app.command("list")
def list_periods(opco: Opco = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """List periods that were closed, those with journals, and the present one, the latest first."""
    with reading(Settings()) as tx:
        view = periods_view(tx, opco)
    emit(
        view,
        lambda to: table(
            to,
            ["Opco", "Period!", "Status", "Journals>", "Moved here>", "Closed", "By"],
            [
                (
                    each.opco,
                    each.period,
                    "open again" if each.status == "open" and each.opened_at else each.status,
                    each.journals,
                    each.moved,
                    each.closed_at,
                    each.closed_by,
                )
                for each in view.periods
            ],
        ),
        as_json=as_json,
    )


def _order(opco: str | None, named: str | None, data: ClosePeriod | OpenPeriod, done: str) -> None:
    """Order it of each opco by itself: what one refuses keeps no other from it."""
    settings = Settings()
    refused: list[str] = []
    for name in opcos_named(settings, opco):
        try:
            order(settings, operator(settings, named), {name: data})
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            typer.echo(f"{done} {name}.")
    if refused:
        raise Refused("; ".join(refused))
