"""What goes out: publishing it again."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from operations.actor import operator
from operations.cli.options import As, Json
from operations.cli.printing import emit, grouped, note, shown, table
from operations.replaying import Replay, look, moment, replay
from workers.settings import Settings

app = typer.Typer(help="Messages that go out: publish them again.", no_args_is_help=True)


@app.callback()
def outbox() -> None:
    """Keep `replay` a command of its own."""


@app.command("replay")
def replay_outbox(
    *,
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="WHEN", help="A time with its offset, or a date (UTC): the last known good."
        ),
    ],
    destination: Annotated[
        str | None,
        typer.Option("--destination", help="One, such as letter or agency.EAZ; all without it."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count; order and change nothing.")] = False,
    named: As = None,
    as_json: Json = False,
) -> None:
    """Publish again what was published since then, under the same ids: a broker has lost its data."""
    settings = Settings()
    when = moment(since)
    if dry_run:
        view = look(settings, when, destination)
    else:
        watch = _count if sys.stderr.isatty() else _silent
        view = replay(settings, operator(settings, named), when, destination, watch)
    emit(view, lambda to: _draw(to, view), as_json=as_json)


def _draw(to: Console, view: Replay) -> None:
    table(
        to,
        ["Destination!", "Messages>", "Unconfirmed anyway>"],
        [
            (each.destination, grouped(str(each.messages)), grouped(str(each.unconfirmed)))
            for each in view.destinations
        ],
    )
    note(to, f"written since {shown(view.written_from)}, published since {shown(view.since)}")
    told = "would be listed" if view.dry_run else "were listed"
    to.print(
        f"{grouped(str(view.messages))} messages {told} again, under the ids and with the bytes they had."
    )


def _count(listed: int) -> None:
    sys.stderr.write(f"\r{listed:,} messages listed again")
    sys.stderr.flush()


def _silent(_listed: int) -> None:
    """There is nobody to tell."""
