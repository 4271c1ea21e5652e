"""The summary that a person reads: aligned, in at most 100 columns, in colour on terminals alone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.text import Text

from operations.demo import sections
from operations.demo.accounts import COMPANIES
from operations.demo.outcome import Outcome
from operations.demo.tables import heading, indented, table

#: Wide enough for every table, narrow enough for a terminal beside something else.
WIDTH = 100
#: More findings than this only repeat themselves on a screen; `--json` has them all.
FINDINGS_SHOWN = 10

#: Commands for whoever kept the data, in the order in which one would ask.
NEXT = (
    ("writeoff process show RW-1901", "the account above: steps, journals, every message"),
    ("writeoff process show KE-3401", "a write-off that failed, and why"),
    ("writeoff process failed", "all of those"),
    ("writeoff request show WR-RW-BULK", "the bulk request: how much was accepted, what was refused"),
    ("writeoff candidates", "who is due for a write-off, or will be, and when"),
    ("writeoff dead-letter list", "what could not be used; `show` gives the bytes"),
)


def print_summary(outcome: Outcome, console: Console | None = None) -> None:
    """Print everything, to stdout unless told otherwise."""
    if console is None:
        console = Console(highlight=False)
        console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    figures = outcome.figures
    for part in (
        _title(outcome),
        sections.came_in(figures),
        sections.events(figures),
        sections.consumers(figures),
        sections.ledger(figures),
        sections.todos(figures),
        sections.refusals(figures),
        sections.dead_letters(figures),
        sections.one_account(figures),
        _verdict(outcome),
        _where_to_look_next(outcome.kept_in),
    ):
        console.print(part)


def _title(outcome: Outcome) -> RenderableType:
    first, last = outcome.dates[0], outcome.dates[-1]
    *others, country = (company.name for company in COMPANIES.values())
    return Group(
        "",
        Text(
            f"{outcome.accounts} accounts in {', '.join(others)} and {country}, "
            f"from {_day(first)} to {_day(last)}",
            "bold",
        ),
        Text(
            f"{outcome.sent:,} messages in, {outcome.read:,} out; {(last - first).days} days of business "
            f"in {outcome.seconds:.0f} seconds",
            "dim",
        ),
        "",
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _verdict(outcome: Outcome) -> RenderableType:
    line = Text("  ")
    for name, findings in outcome.found.items():
        sign, style = ("✗", "bold red") if findings else ("✓", "green")
        line.append(f"{sign} {name} {len(findings)}    ", style)
    explanation = f"all {outcome.read:,} messages against examples/expected/demo.toml, written by hand"
    return Group(heading("Checked", explanation), line, *_findings(outcome), "")


def _findings(outcome: Outcome) -> Iterator[RenderableType]:
    for name, findings in outcome.found.items():
        for finding in findings[:FINDINGS_SHOWN]:
            yield Text(f"    {name}: " + ", ".join(f"{key} {value}" for key, value in finding.items()), "red")
        if len(findings) > FINDINGS_SHOWN:
            yield Text(f"    ... and {len(findings) - FINDINGS_SHOWN:,} more; --json has them all", "red")


def _where_to_look_next(kept_in: Path | None) -> RenderableType:
    if kept_in is None:
        advice = Text.assemble(
            ("  writeoff demo --keep var/demo", "bold"),
            "   keeps the database, the log and what the consumers read",
        )
        return Group(heading("Where to look next"), advice, "")
    made = table("with this", "see", rest=True)
    for command, shows in NEXT:
        made.add_row(Text(command, "bold"), shows)
    made.add_row(str(kept_in / "consumed.jsonl"), "what the consumers read, a message a line")
    made.add_row(str(kept_in / "worker.log"), "what the worker said meanwhile")
    place = f"after  export WRITEOFF_DATA_DIR={kept_in}"
    return Group(heading("Where to look next", place), indented(made))
