"""`python -m benchmarks.million`: a million accounts in one installation, a hundred thousand a run.

A run of 10,000 in a new installation goes before each of them, since machines change their pace within an
hour: what counts is the one by the other. Consumers' queues are emptied between two runs; all else stays. The
result is written after each run, for `docs/scaling.md` (`python -m benchmarks.figures`).
"""

import argparse
import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import figures, machine
from benchmarks.installation import Installation, Servers, servers
from benchmarks.results import cost
from benchmarks.showing import show
from proving.speed.measuring import Measured, measure
from writeoff.value import Value

RESULT = Path(__file__).parent / "million.json"
_WARM_UP = 1_000
#: Accounts of the run beside each.
_BESIDE = 10_000


class Step(Value, frozen=True, kw_only=True):
    """One run: how many accounts were written off before it, the run beside it, and how large it all was."""

    before: int
    run: Measured
    beside: Measured
    database_bytes: int

    @property
    def ratio(self) -> float:
        """CPU for 1,000 events, by that of the run beside it."""
        return cost(self.run) / cost(self.beside)


def main() -> int:
    """Run, and write what came of it after each run.

    Raises `RuntimeError` when audit or reconciliation find anything wrong at the end.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000, help="accounts a run")
    parser.add_argument("--runs", type=int, default=10, help="runs in one installation")
    parser.add_argument("--out", type=Path, default=RESULT, help="file of the result")
    options = parser.parse_args()
    about: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine.described(),
        "checks": [],
    }
    steps: list[Step] = []
    with servers() as (started, folder):
        about["versions"] = machine.versions(started)
        with closing(_place(started, folder, "million")) as place:
            for number in range(options.runs):
                steps.append(_step(started, folder, place, number, options.accounts))
                print(f"{options.accounts * (number + 1):,} accounts: {steps[-1].ratio:.2f}", flush=True)
                _write(options.out, about, steps)
            for check in ("audit", "reconcile"):
                place.writeoff(check)
                about["checks"].append(f"`writeoff {check}` finds nothing wrong.")
                _write(options.out, about, steps)
    return 0


def _step(started: Servers, folder: Path, place: Installation, number: int, accounts: int) -> Step:
    with closing(_place(started, folder, f"beside-{number}")) as small:
        beside = measure(small, "g0", _BESIDE, bulk=False)
    show(beside)
    run = measure(place, f"m{number}", accounts, bulk=False)
    show(run)
    size = place.count("SELECT pg_database_size(current_database())")
    return Step(before=number * accounts, run=run, beside=beside, database_bytes=size)


def _place(started: Servers, folder: Path, name: str) -> Installation:
    """Return an installation that works and is warm."""
    place = Installation(started, folder, name)
    place.start()
    place.fix_business_date()
    measure(place, "warm", _WARM_UP, bulk=False)
    return place


def _write(out: Path, about: dict[str, Any], steps: list[Step]) -> None:
    found = [msgspec.to_builtins(each) | {"ratio": each.ratio} for each in steps]
    out.write_text(json.dumps(about | {"steps": found}, indent=2, sort_keys=True) + "\n")
    if out == RESULT:
        figures.main()


if __name__ == "__main__":
    sys.exit(main())
