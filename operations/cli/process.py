"""Looking into a process: its steps, what they did, what was sent."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from operations.cli import process_drawing
from operations.cli.options import Json, Limit, Opco
from operations.cli.printing import emit, note
from operations.cli.process_failed import EventType, Failure, Kind, retry_failed, skip_failed
from operations.database import reading
from operations.failures import NotFound, Unusable
from operations.views import failed
from operations.views.process import Process, processes_view
from operations.views.view import View
from store.queries.failed_events import Filter
from store.queries.finding import process_ids
from store.work.events import EventKey
from workers.settings import Settings

app = typer.Typer(help="Write-off processes.", no_args_is_help=True)
app.command("retry-failed")(retry_failed)
app.command("skip-failed")(skip_failed)

#: Processes of one account that are shown: one is written off, restored and written off again, seldom more.
MOST = 10

Wanted = Annotated[str, typer.Argument(metavar="ID|ACCOUNT", help="A process's id, or an account's.")]
After = Annotated[str | None, typer.Option("--after", help="`PROCESS_ID/SEQUENCE`: go on behind that one.")]


class Shown(View, frozen=True, kw_only=True):
    """The processes that were asked for, newest first."""

    processes: list[Process]


@app.command()
def show(wanted: Wanted, opco: Opco = None, as_json: Json = False) -> None:  # noqa: FBT002 - an option
    """Print a process, or an account's processes: steps, effects, journals, messages."""
    with reading(Settings()) as tx:
        found = processes_view(tx, process_ids(tx, wanted, opco, MOST))
    if not found:
        of = f" of opco {opco}" if opco else ""
        raise NotFound(
            f"No process{of} has the id {wanted!r}, nor its account. `writeoff candidates` may list it."
        )

    def draw(to: Console) -> None:
        for process in found:
            process_drawing.draw(to, process)

    emit(Shown(processes=found), draw, as_json=as_json)


@app.command("failed")
def list_failed(
    *,
    opco: Opco = None,
    kind: Kind = None,
    event_type: EventType = None,
    failure: Failure = None,
    limit: Limit = 50,
    after: After = None,
    as_json: Json = False,
) -> None:
    """List the events that failed: each blocks what comes after it in its process."""
    which = Filter(opco=opco, kind=kind, event_type=event_type, failure=failure)
    with reading(Settings()) as tx:
        page = failed.page_of(tx, which, _key(after), limit)

    def draw(to: Console) -> None:
        if not page.events:
            to.print("No event has failed.")
        for each in page.events:
            step = f"step {each.sequence}, {escape(each.event_type)}, of account {escape(each.account_id)}"
            to.print(f"[bold]{each.process_id}[/bold]  {step} ({each.opco})")
            note(to, f"{each.reason or 'no reason'}: {each.detail or 'no detail'}")
        if page.next is not None:
            to.print(f"There are more: --after {page.next}")

    emit(page, draw, as_json=as_json)


def _key(after: str | None) -> EventKey | None:
    if after is None:
        return None
    process_id, _, sequence = after.partition("/")
    if not sequence.isdigit():
        raise Unusable(f"--after {after!r}: write PROCESS_ID/SEQUENCE, as the list before said.")
    return process_id, int(sequence)
