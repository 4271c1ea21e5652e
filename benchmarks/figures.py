"""Figures in the docs, from the results beside this file, never by hand: `python -m benchmarks.figures`."""

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


def _million(report: Report) -> Sequence[str] | None:
    steps = report.get("million", {}).get("steps")
    if not steps:
        return None
    rows = [
        (
            f"{step['before']:,}",
            f"{step['run']['events_a_second']:,.0f}",
            f"{sum(step['run']['cpu_per_1000'].values()):.3f}",
            f"{sum(step['beside']['cpu_per_1000'].values()):.3f}",
            f"{step['ratio']:.2f}",
            f"{max(step['run']['memory_mib'].values()):.0f}",
            f"{step['database_bytes'] / 2**30:.1f}",
        )
        for step in steps
    ]
    head = (
        *("Written off before", "Events a second", "CPU s for 1,000 events", "In a new installation"),
        *("Ratio", "Largest process, MiB", "Database, GiB"),
    )
    return table(head, rows)


_FIGURES: Mapping[str, Callable[[Report], Sequence[str] | None]] = {
    "scaling": _scaling,
    "cores": _cores,
    "growth": _growth,
    "million": _million,
}


def main() -> int:
    """Fill the docs from the results that are here."""
    report = _read("report.json") | {"million": _read("million.json")}
    SCALING.write_text(fill(SCALING.read_text(), report))
    return 0


def _read(name: str) -> dict[str, Any]:
    path = _HERE / name
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


if __name__ == "__main__":
    sys.exit(main())
