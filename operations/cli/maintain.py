"""Cleaning up what need not be kept any more."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from operations.actor import operator
from operations.cli.options import As, Json
from operations.cli.printing import emit, grouped, note, table
from operations.maintaining import Maintenance, clean_up, look
from workers.settings import Settings

_WHAT = {
    "inbox_body": "bytes of messages that came",
    "messages_out": "texts of messages that went out",
    "dead_letters": "bytes of dead letters that are done with",
    "acknowledgements": "texts of acknowledgements",
    "inbox": "identities of messages that came",
}


def maintain(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    named: As = None,
    as_json: Json = False,
) -> None:
    """Let go at once what is older than WRITEOFF_KEEP_DAYS; the scheduler does it too, at a calm pace."""
    settings = Settings()
    if dry_run:
        view = look(settings)
    else:
        view = clean_up(settings, operator(settings, named), _count if sys.stderr.isatty() else _silent)
    emit(view, lambda to: _draw(to, view), as_json=as_json)


def _draw(to: Console, view: Maintenance) -> None:
    table(
        to,
        ["What", "Month!", "Rows>"],
        [
            (_WHAT[each.table], f"{each.month:%Y-%m}" if each.month else None, grouped(str(each.rows)))
            for each in view.cleaned
        ],
    )
    note(to, f"kept for {view.keep_days:,} days; rows, digests and what the seals are over stay")
    rows = grouped(str(sum(each.rows for each in view.cleaned)))
    to.print(f"{rows} rows would go." if view.dry_run else f"{rows} rows are gone.")


def _count(rows: int) -> None:
    sys.stderr.write(f"\r{rows:,} rows are gone")
    sys.stderr.flush()


def _silent(_rows: int) -> None:
    """There is nobody to tell."""
