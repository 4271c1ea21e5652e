"""Reports, as a table, CSV or JSON."""

import csv
import re
import sys
from typing import Annotated

import typer

from messages.inbound.operations.change_period import PERIOD
from operations.cli.options import Json, Opco
from operations.cli.printing import emit, grouped, table
from operations.database import reading, take_time
from operations.failures import Unusable
from operations.views.reports import REPORTS, Report
from store.queries.reports import Range
from workers.settings import Settings

Name = Annotated[str, typer.Argument(metavar="|".join(REPORTS), help="Which report.")]
First = Annotated[str | None, typer.Option("--from", help="The first month of posting, such as 2026-01.")]
Last = Annotated[str | None, typer.Option("--to", help="The last month of posting, such as 2026-12.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print comma-separated values with a heading.")]


def report(  # noqa: PLR0917 - options
    name: Name,
    opco: Opco = None,
    first: First = None,
    last: Last = None,
    as_csv: Csv = False,  # noqa: FBT002 - an option
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """Print a report over the ledger: write-offs, their ageing, recoveries, reversals, or enforcement."""
    if name not in REPORTS:
        raise Unusable(f"{name!r} is no report; there are: {', '.join(REPORTS)}.")
    for option, month in (("--from", first), ("--to", last)):
        if month is not None and not re.match(PERIOD, month):
            raise Unusable(f"{option} {month!r} is no month such as 2026-11.")
    with reading(Settings()) as tx:
        take_time(tx)
        found = REPORTS[name](tx, Range(opco=opco, first=first, last=last))
    if as_csv and not as_json:
        _write_csv(found)
    else:
        emit(found, lambda to: table(to, _headings(found), _rows(found)), as_json=as_json)


def _write_csv(found: Report) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(found.columns)
    writer.writerows([row[column] for column in found.columns] for row in found.rows)


def _headings(found: Report) -> list[str]:
    """Amounts and counts go to the right; the first row tells which they are."""
    row = found.rows[0] if found.rows else {}
    return [
        f"{column.replace('_', ' ').capitalize()}{'>' if _is_number(row.get(column)) else '!'}"
        for column in found.columns
    ]


def _rows(found: Report) -> list[list[object]]:
    return [
        [grouped(str(row[column])) if _is_number(row[column]) else row[column] for column in found.columns]
        for row in found.rows
    ]


def _is_number(value: object) -> bool:
    return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(value)) is not None
