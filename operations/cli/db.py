"""The database's schema: bring it up to date, say where it is."""

from typing import Annotated

import typer

from operations.database import database_url, open_database
from operations.failures import ExitCode
from store.engine import migrating
from workers.settings import Settings

app = typer.Typer(help="The database's schema.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option("--url", help="postgresql://... or sqlite:///path; else the installation's own."),
]
_EXIT_CODES: dict[migrating.Status, ExitCode] = {
    "up-to-date": ExitCode.OK,
    "behind": ExitCode.FAILED,
    "ahead": ExitCode.FAILED,
    "unreachable": ExitCode.UNAVAILABLE,
}


@app.command()
def upgrade(url: Url = None) -> None:
    """Bring the schema up to this version. Safe to run again, and by several containers at once."""
    done = migrating.upgrade(_url(url))
    if done.before == done.after:
        typer.echo(f"The schema is up to date, at step {done.after}.")
    else:
        typer.echo(f"The schema was upgraded from {done.before or 'an empty database'} to step {done.after}.")


@app.command()
def current(url: Url = None) -> None:
    """Print the step the schema is at; `empty` for a database without tables."""
    typer.echo(migrating.current(_url(url)) or "empty")


@app.command()
def check(url: Url = None) -> int:
    """Say whether the schema is this version's: exit 0 up to date, 1 behind or ahead, 4 unreachable."""
    state = migrating.check(_url(url))
    typer.echo(state.sentence, err=state.status != "up-to-date")
    return _EXIT_CODES[state.status]


def _url(given: str | None) -> str:
    """Return the URL to use, the given one before the installation's; raises `Unusable` where it is none."""
    url = given or database_url(Settings())
    open_database(url).close()
    return url
