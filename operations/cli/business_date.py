"""The business date of opcos: shown, and moved where the settings allow it."""

from datetime import date, datetime
from typing import Annotated

import typer

from messages.inbound.operations.set_business_date import SetBusinessDate
from operations.actor import operator
from operations.cli.options import As, Json, Opco
from operations.cli.printing import emit, table
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.orders import opcos_named, order
from store import opcos as opco_store
from workers.settings import Settings

app = typer.Typer(help="The business date of opcos (demo, tests, catch-up).", no_args_is_help=True)

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Such as 2026-11-03.")]


@app.command()
def show(opco: Opco = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Print each opco's business date: set, or today in its time zone."""
    with reading(Settings()) as tx:
        found = [each for name, each in sorted(opco_store.now(tx).items()) if opco in {None, name}]
    if opco is not None and not found:
        raise NotFound(f"Opco {opco!r} is not known here.")
    rows = [
        {
            "opco": each.opco,
            "business_date": each.today,
            "set": each.business_date_set,
            "time_zone": each.time_zone,
        }
        for each in found
    ]
    emit(
        {"opcos": rows},
        lambda to: table(
            to, ["Opco", "Business date", "Set", "Time zone"], [list(row.values()) for row in rows]
        ),
        as_json=as_json,
    )


@app.command("set")
def set_date(day: Day, opco: Opco = None, named: As = None) -> None:
    """Set the business date of one opco, or of all. Refused unless WRITEOFF_BUSINESS_DATE_ALLOWED is true."""
    whom = _order(day.date(), opco, named)
    typer.echo(f"The business date is {day.date()}, for {whom}.")


@app.command()
def clear(opco: Opco = None, named: As = None) -> None:
    """Let the calendar count again: the business date is today in the opco's time zone."""
    whom = _order(None, opco, named)
    typer.echo(f"The business date is today's, for {whom}.")


def _order(business_date: date | None, opco: str | None, named: str | None) -> str:
    """Have it set; return for whom."""
    settings = Settings()
    if not settings.business_date_allowed:
        raise Unusable(
            "Here the calendar sets the business date; WRITEOFF_BUSINESS_DATE_ALLOWED=true lets it be moved."
        )
    opcos = opcos_named(settings, opco)
    data = SetBusinessDate(business_date=business_date)
    order(settings, operator(settings, named), dict.fromkeys(opcos, data))
    return opco or f"{len(opcos)} opcos"
