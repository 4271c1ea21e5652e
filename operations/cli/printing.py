"""Printing: JSON for programs; for people tables that fit 100 columns, without colour or lines in a pipe."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

#: What a view is wide at most: a terminal may be wider, a mail or a ticket is not.
WIDTH = 100
#: What stands for a value that is not there.
ABSENT = "-"


def emit(view: object, draw: Callable[[Console], None], *, as_json: bool) -> None:
    """Print a view as JSON, or draw it."""
    if as_json:
        body = msgspec.json.format(msgspec.json.encode(view), indent=2)
        sys.stdout.write(body.decode() + "\n")
    else:
        show(draw)


def show(draw: Callable[[Console], None]) -> None:
    """Draw on the terminal; for a pipe the lines lose the blanks that fill them up."""
    terminal = Console(highlight=False)
    if terminal.is_terminal:
        terminal.width = min(terminal.width, WIDTH)
        draw(terminal)
        return
    lines = StringIO()
    draw(Console(file=lines, width=WIDTH, highlight=False))
    for line in lines.getvalue().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def table(to: Console, headings: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print rows under headings; `>` at a heading's end aligns to the right, `!` keeps it on one line."""
    if title:
        heading(to, title)
    drawn = Table(
        box=box.SIMPLE_HEAD if to.is_terminal else None,
        pad_edge=False,
        padding=(0, 2, 0, 0) if not to.is_terminal else (0, 1),
        header_style="bold",
    )
    for name in headings:
        drawn.add_column(
            name.rstrip(">!"),
            justify="right" if name.endswith(">") else "left",
            no_wrap=name.endswith((">", "!")),
            overflow="fold",
        )
    count = 0
    for row in rows:
        drawn.add_row(*[escape(shown(value)) for value in row])
        count += 1
    if count:
        to.print(drawn)
    else:
        to.print("  none", style="dim")


def heading(to: Console, title: str) -> None:
    """Print a section's title."""
    to.print()
    to.print(escape(title), style="bold")


def note(to: Console, text: str) -> None:
    """Print a sentence below what it belongs to."""
    to.print(Padding(escape(text), (0, 0, 0, 2)))


def exact(to: Console, text: str) -> None:
    """Print text as it is, in lines as long as its own, so that it can be copied."""
    to.print(safe(text), markup=False, soft_wrap=True)


def fields(to: Console, pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other; values that are not there are left out."""
    drawn = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True, style="dim")
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            drawn.add_row(name, escape(shown(value)))
    to.print(drawn)


def shown(value: object) -> str:
    """Return a value as people read it: dates as they are, moments in UTC to the second."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, in its largest unit: `3 min`, `2 d`."""
    if moment is None:
        return ABSENT
    seconds = max(int((now - moment).total_seconds()), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def grouped(amount: str) -> str:
    """Return a decimal string with its thousands set apart."""
    whole, point, fraction = amount.removeprefix("-").partition(".")
    sign = "-" if amount.startswith("-") else ""
    return f"{sign}{int(whole):,}{point}{fraction}"


def times(count: int) -> str:
    """Return how often something happened."""
    return "once" if count == 1 else f"{count:,} times"


def safe(text: str) -> str:
    """Return text with control characters escaped: a dead letter must not steer the terminal."""
    return "".join(each if each.isprintable() or each in "\n\t" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    code: Any = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - two hex digits
