"""Pausing and resuming a kind of event."""

from typing import Annotated

import typer

from handlers.event_types import kinds
from messages.inbound.operations.pause_kind import PauseKind, ResumeKind
from operations.actor import operator
from operations.cli.options import As
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.orders import opcos_named, order
from store.work import pausing
from workers.settings import Settings

app = typer.Typer(help="Pause and resume a kind of write-off event.", no_args_is_help=True)

Kind = Annotated[
    str, typer.Argument(help="Such as send-letter; `writeoff kind --help` of a wrong one lists all.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; shown wherever the pause is.")]


@app.command()
def pause(kind: Kind, reason: Reason, named: As = None) -> None:
    """Let no event of a kind run any more, until it is resumed. Sets that run now are finished."""
    _refuse_unknown(kind)
    if not reason.strip():
        raise Unusable("--reason is empty: say why, for whoever finds the pause.")
    settings = Settings()
    data = PauseKind(kind=kind, reason=reason.strip())
    order(settings, operator(settings, named), dict.fromkeys(opcos_named(settings, None), data))
    typer.echo(f"{kind} is paused.")


@app.command()
def resume(kind: Kind, named: As = None) -> None:
    """Let events of a kind run again; what has become due meanwhile runs at once."""
    _refuse_unknown(kind)
    settings = Settings()
    with reading(settings) as tx:
        paused = {each.kind for each in pausing.pauses(tx)}
    if kind not in paused:
        raise NotFound(f"{kind} is not paused.")
    data = ResumeKind(kind=kind)
    order(settings, operator(settings, named), dict.fromkeys(opcos_named(settings, None), data))
    typer.echo(f"{kind} runs again.")


def _refuse_unknown(kind: str) -> None:
    if kind not in kinds():
        raise Unusable(f"{kind!r} is no kind of event; there are: {', '.join(sorted(kinds()))}.")
