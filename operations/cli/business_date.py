"""The business date of opcos: shown, and moved where the settings allow it."""

from datetime import datetime
from typing import Annotated

import typer

from operations.cli.options import Json, Opco
from operations.cli.printing import emit, table
from operations.database import reading, writing
from operations.failures import NotFound, Unusable
from store import opcos
from workers.settings import Settings

app = typer.Typer(help="The business date of opcos (demo, tests, catch-up).", no_args_is_help=True)

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Such as 2026-11-03.")]


@app.command()
def show(opco: Opco = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Print each opco's business date: set, or today in its time zone."""
    with reading(Settings()) as tx:
        found = [each for name, each in sorted(opcos.now(tx).items()) if opco in {None, name}]
    if opco is not None and not found:
        raise _unknown(opco)
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
def set_date(day: Day, opco: Opco = None) -> None:
    """Set the business date of one opco, or of all. Refused unless WRITEOFF_BUSINESS_DATE_ALLOWED is true."""
    with writing(_allowed()) as tx:
        count = opcos.set_business_date(tx, opco, day.date())
    _say(count, opco, f"The business date is {day.date()}")


@app.command()
def clear(opco: Opco = None) -> None:
    """Let the calendar count again: the business date is today in the opco's time zone."""
    with writing(_allowed()) as tx:
        count = opcos.set_business_date(tx, opco, None)
    _say(count, opco, "The business date is today's")


def _allowed() -> Settings:
    settings = Settings()
    if not settings.business_date_allowed:
        raise Unusable(
            "Here the calendar sets the business date; WRITEOFF_BUSINESS_DATE_ALLOWED=true lets it be moved."
        )
    return settings


def _say(count: int, opco: str | None, what: str) -> None:
    if not count:
        raise (
            _unknown(opco)
            if opco
            else NotFound("No opco is known yet: start a role, which brings the policies.")
        )
    typer.echo(f"{what}, for {opco or f'{count} opcos'}.")


def _unknown(opco: str) -> NotFound:
    return NotFound(f"Opco {opco!r} is not known here.")
