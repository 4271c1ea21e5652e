"""Dead letters: what could not be understood or trusted."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from operations.cli import dead_letter_acts
from operations.cli.dead_letter_options import Queue, Reason, Since, State, Type, filter_of
from operations.cli.options import Json, Limit
from operations.cli.printing import age, emit, exact, fields, heading, note, safe, shown, table, times
from operations.database import reading
from operations.failures import NotFound
from operations.views.dead_letter import DeadLetter, Opened, groups_of, opened, page_of
from workers.settings import Settings

app = typer.Typer(
    help="Messages that could not be understood or trusted: look, retry, edit, discard.", no_args_is_help=True
)
app.command()(dead_letter_acts.retry)
app.command()(dead_letter_acts.edit)
app.command()(dead_letter_acts.discard)

#: Bytes of a body that are shown; `--raw` gives all.
SHOWN_BYTES = 4_096

After = Annotated[str | None, typer.Option("--after", help="Go on behind the one with this id.")]
Raw = Annotated[
    bool, typer.Option("--raw", help="Write the exact bytes of the body to stdout, and nothing else.")
]


@app.command("list")
def list_letters(  # noqa: PLR0917 - options of a command
    queue: Queue = None,
    reason: Reason = None,
    type_name: Type = None,
    since: Since = None,
    state: State = "open",
    limit: Limit = 20,
    after: After = None,
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """List dead letters, the newest first: why, where in the message, how often, what was done about them."""
    which = filter_of(reason=reason, queue=queue, type_name=type_name, since=since, state=state)
    with reading(Settings()) as tx:
        page = page_of(tx, which, after=after, limit=limit)
        now = tx.now

    def draw(to: Console) -> None:
        if not page.dead_letters:
            to.print("There are no dead letters." if state in {"open", "all"} else f"None is {state}.")
        for each in page.dead_letters:
            seen = f"{times(each.count)}, last {age(each.last_seen, now)} ago"
            to.print(f"[bold]{each.dead_letter_id}[/bold]  {escape(each.reason)}, {seen}")
            kind = f", {safe(each.type)}" if each.type else ""
            note(to, f"from {each.queue}, {each.size:,} bytes{kind}")
            note(to, f"{each.path or 'the message'}: {safe(each.problem)}")
            if each.acted_at is not None:
                note(to, _done(each))
        if page.next is not None:
            to.print(f"There are more: --after {page.next}")

    emit(page, draw, as_json=as_json)


@app.command()
def groups(  # noqa: PLR0917 - options of a command
    queue: Queue = None,
    reason: Reason = None,
    type_name: Type = None,
    since: Since = None,
    state: State = "open",
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """Count dead letters by reason, queue and type; those with the most to look at come first."""
    which = filter_of(reason=reason, queue=queue, type_name=type_name, since=since, state=state)
    with reading(Settings()) as tx:
        found = groups_of(tx, which)
        now = tx.now
    emit(
        found,
        lambda to: table(
            to,
            ["Reason!", "Queue", "Type", "Letters>", "Open>", "Came>", "Last>"],
            [
                (
                    each.reason,
                    each.queue,
                    safe(each.type) if each.type else None,
                    f"{each.letters:,}",
                    f"{each.open:,}",
                    f"{each.deliveries:,}",
                    age(each.last_seen, now),
                )
                for each in found.groups
            ],
        ),
        as_json=as_json,
    )


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


def _done(letter: DeadLetter) -> str:
    """Return what was last done about a letter, as one sentence."""
    why = f": {safe(letter.note)}" if letter.note else ""
    since = f"; it came {times(letter.since)} since" if letter.since else ""
    return f"{letter.state} by {safe(letter.acted_by or '')} at {shown(letter.acted_at)}{why}{since}"


def _draw(to: Console, letter: Opened) -> None:
    handled: list[tuple[str, str | datetime | None]] = []
    if letter.acted_at is not None:
        handled = [("Last act", _done(letter)), ("Command", f"{letter.acted_by} {letter.acted_id}")]
    if letter.became_id is not None:
        handled.append(("Became", safe(f"{letter.became_source} {letter.became_id}")))
    fields(
        to,
        [
            ("Dead letter", letter.dead_letter_id),
            ("State", letter.state),
            ("Revision", letter.revision),
            *handled,
            ("Reason", letter.reason),
            ("Where", letter.path),
            ("Problem", safe(letter.problem)),
            ("Queue", letter.queue),
            ("Type", safe(letter.type or "") or None),
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
    if len(letter.body) < letter.size:
        note(to, "no longer kept")
        return
    exact(to, letter.body[:SHOWN_BYTES].decode(errors="backslashreplace"))
    if letter.size > SHOWN_BYTES:
        note(to, f"{letter.size - SHOWN_BYTES:,} bytes more: --raw")
