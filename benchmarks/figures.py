"""Figures in the docs, from `report.json` and never by hand; `python -m benchmarks.figures` fills them in."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import AGAIN, scaling_table, table

_HERE = Path(__file__).parent
SCALING = _HERE.parent / "docs" / "scaling.md"
#: How much more the plan in docs/scaling.md is for.
_TIMES = 100
_PLACE = re.compile(r"<!-- figures: ([a-z]+) -->\n.*?<!-- end -->", re.DOTALL)

Report = Mapping[str, Any]


def fill(text: str, report: Report | None) -> str:
    """Return a page with its places filled; a place whose part was not run keeps what it shows."""

    def filled(place: re.Match[str]) -> str:
        lines = _FIGURES[place[1]](report) if report is not None else None
        if not lines:
            return place[0]
        shown = "\n".join(lines).rstrip("\n")
        return f"<!-- figures: {place[1]} -->\n{shown}\n<!-- end -->"

    return _PLACE.sub(filled, text)


def _scaling(report: Report) -> Sequence[str] | None:
    return scaling_table(report["scaling"]) if report.get("scaling") else None


def _cores(report: Report) -> Sequence[str] | None:
    """Return what each process would need at so many times the rate, were the cost of an event the same."""
    series = report.get("runs", {}).get("product single")
    if series is None:
        return None
    rate = series["events_a_second"]
    rows = []
    for process, used in series["cpu_seconds_per_1000_events"].items():
        one_core = f"{1_000 / used:,.0f}" if used else "-"
        rows.append((process, f"{used:.3f}", one_core, f"{rate * _TIMES * used / 1_000:.1f}"))
    head = (
        *("Process", "CPU s for 1,000 events", "Events a second of one core"),
        f"Cores at {_TIMES} times {rate:,.0f} events a second",
    )
    return table(head, rows)


def _growth(report: Report) -> Sequence[str] | None:
    runs = report.get("growth")
    if not runs:
        return None
    named = {f"{int(accounts):,}": run for accounts, run in runs.items()}
    if again := report.get("growth_again"):
        named[f"{again['accounts']:,}, {AGAIN}"] = again
    rows = [(name, f"{sum(run['cpu_per_1000'].values()):.3f}") for name, run in named.items()]
    return table(("Accounts in one run", "CPU s for 1,000 events"), rows)


_FIGURES: Mapping[str, Callable[[Report], Sequence[str] | None]] = {
    "scaling": _scaling,
    "cores": _cores,
    "growth": _growth,
}


def main() -> int:
    """Fill the docs from the report that is here."""
    report = _HERE / "report.json"
    SCALING.write_text(fill(SCALING.read_text(), json.loads(report.read_text()) if report.exists() else None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
