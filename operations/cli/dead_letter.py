"""Dead letters: what could not be understood or trusted."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from operations.cli.options import Json, Limit
from operations.cli.printing import age, emit, exact, fields, heading, note, safe, times
from operations.database import reading
from operations.failures import NotFound
from operations.views.dead_letter import Opened, opened, page_of
from workers.settings import Settings

app = typer.Typer(help="Messages that could not be understood or trusted.", no_args_is_help=True)

#: Bytes of a body that are shown; `--raw` gives all.
SHOWN_BYTES = 4_096

After = Annotated[str | None, typer.Option("--after", help="Go on behind the one with this id.")]
Queue = Annotated[str | None, typer.Option("--queue", help="Only from this queue.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Only of this reason, such as not-authenticated.")
]
Raw = Annotated[
    bool, typer.Option("--raw", help="Write the exact bytes of the body to stdout, and nothing else.")
]


@app.command("list")
def list_letters(
    queue: Queue = None,
    reason: Reason = None,
    limit: Limit = 20,
    after: After = None,
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """List dead letters, the newest first: why, where in the message, how often, from which queue."""
    with reading(Settings()) as tx:
        page = page_of(tx, queue=queue, reason=reason, after=after, limit=limit)
        now = tx.now

    def draw(to: Console) -> None:
        if not page.dead_letters:
            to.print("There are no dead letters.")
        for each in page.dead_letters:
            seen = f"{times(each.count)}, last {age(each.last_seen, now)} ago"
            to.print(f"[bold]{each.dead_letter_id}[/bold]  {escape(each.reason)}, {seen}")
            note(to, f"from {each.queue}, {each.size:,} bytes")
            note(to, f"{each.path or 'the message'}: {safe(each.problem)}")
        if page.next is not None:
            to.print(f"There are more: --after {page.next}")

    emit(page, draw, as_json=as_json)


@app.command()
def show(
    dead_letter_id: Annotated[str, typer.Argument(metavar="ID", help="As the list has it.")],
    raw: Raw = False,  # noqa: FBT002 - an option
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """Print one dead letter with its headers and the beginning of its body, which may hold personal data."""
    with reading(Settings()) as tx:
        found = opened(tx, dead_letter_id)
    if found is None:
        raise NotFound(f"There is no dead letter {dead_letter_id!r}.")
    if raw:
        sys.stdout.buffer.write(found.body)
        return
    emit(found, lambda to: _draw(to, found), as_json=as_json)


def _draw(to: Console, letter: Opened) -> None:
    fields(
        to,
        [
            ("Dead letter", letter.dead_letter_id),
            ("Reason", letter.reason),
            ("Where", letter.path),
            ("Problem", safe(letter.problem)),
            ("Queue", letter.queue),
            ("Seen", times(letter.count)),
            ("First", letter.first_seen),
            ("Last", letter.last_seen),
            ("Content type", safe(letter.content_type or "") or None),
            ("Size", f"{letter.size:,} bytes, SHA-256 {letter.sha256}"),
        ],
    )
    for title, text in (("Headers", letter.headers), ("Properties", letter.properties)):
        heading(to, title)
        exact(to, text)
    heading(to, "Body")
    exact(to, letter.body[:SHOWN_BYTES].decode(errors="backslashreplace"))
    if letter.size > SHOWN_BYTES:
        note(to, f"{letter.size - SHOWN_BYTES:,} bytes more: --raw")
