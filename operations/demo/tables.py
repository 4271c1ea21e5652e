"""Tables of the summary: plain columns without boxes, figures to the right, blanks for zeros."""

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from writeoff.money import render

#: Spaces before every table, so that headings stand out.
INDENT = 2


def table(*columns: str, figures: int = 0, rest: bool = False) -> Table:
    """Return a table whose columns from the second on are `figures` numbers, then texts.

    With `rest` the last column takes the width that is left, and wraps in it.
    """
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=rest)
    for position, column in enumerate(columns):
        is_figure = 1 <= position <= figures
        last = position == len(columns) - 1
        made.add_column(
            column,
            justify="right" if is_figure else "left",
            no_wrap=not (last and rest),
            ratio=1 if last and rest else None,
        )
    return made


def indented(made: Table) -> Group:
    """Return a table set in from the left, with an empty line below."""
    return Group(Padding(made, (0, 0, 0, INDENT), expand=False), "")


def heading(text: str, explanation: str = "") -> Text:
    """Return the heading of a section, and in grey what it shows."""
    return Text.assemble((text, "bold cyan"), (f"   {explanation}" if explanation else "", "dim"))


def number(value: int, style: str = "") -> Text:
    """Return a count; zero is left blank."""
    return Text(f"{value:,}" if value else "", style=style if value else "")


def amount(minor: int, currency: str) -> str:
    """Return an amount with thousands set off; zero is left blank."""
    whole, point, fraction = render(minor, currency).partition(".")
    return f"{int(whole):,}{point}{fraction}" if minor else ""
