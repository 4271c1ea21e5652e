"""`make bench`: what docs/performance.md tells of, in one run, as one report; growth and pages on demand."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import figures, machine, report
from benchmarks.installation import servers
from benchmarks.parts import Bench, Sizes
from benchmarks.results import GOALS, met

HERE = Path(__file__).parent
PARTS = ("rates", "latency", "scaling", "embedded")
QUICK = Sizes(accounts=1_000, peer_accounts=20, rounds=1, latency_requests=20, processes=10_000)
FULL = Sizes(accounts=10_000, peer_accounts=150, rounds=3, latency_requests=300)


def main() -> int:
    """Run what is asked for and write the report; 1 when a goal that was measured is missed."""
    options = _options()
    sizes = QUICK if options.quick else FULL
    given = {
        "accounts": options.accounts,
        "peer_accounts": options.peer_accounts,
        "rounds": options.rounds,
        "latency_requests": options.latency_requests,
        "processes": options.processes,
    }
    sizes = Sizes(**{name: given[name] or getattr(sizes, name) for name in given})
    about = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine.described(),
        "sizes": {**{name: getattr(sizes, name) for name in given}, "growth": options.growth},
    }
    with servers() as (started, folder):
        bench = Bench(started, folder, sizes)
        about["versions"] = machine.versions(started)
        parts: dict[str, Callable[[], None]] = {
            "rates": bench.rates,
            "latency": bench.latency,
            "scaling": bench.scaling,
            "embedded": bench.embedded,
            "pages": bench.pages,
        }
        for part in options.parts:
            parts[part]()
        if options.growth:
            bench.growth(options.growth)
            if "pages" not in options.parts:
                bench.pages()
    report.write(options.out, bench.results, {**about, "checks": bench.checks})
    if options.out == HERE:
        figures.main()
    ratios = bench.results.ratios()
    for name, value in ratios.items():
        sense, goal = GOALS[name]
        print(f"{name:24} {value:8.2f}   {sense} {goal:g}: {'met' if met(name, value) else 'missed'}")
    print(f"written to {options.out}")
    return 0 if all(met(name, value) for name, value in ratios.items()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: does it work at all?")
    parser.add_argument(
        "--parts", nargs="*", choices=(*PARTS, "pages"), default=PARTS, help="what to run; else all but pages"
    )
    parser.add_argument("--accounts", type=int, help="accounts a run of the product and of the ceiling")
    parser.add_argument("--peer-accounts", type=int, help="accounts a run of a peer: rates are compared")
    parser.add_argument("--rounds", type=int, help="rounds; the median counts")
    parser.add_argument("--processes", type=int, help="processes in the tables while pages are looked at")
    parser.add_argument("--latency-requests", type=int, help="requests of each latency")
    parser.add_argument(
        "--growth",
        type=int,
        nargs="*",
        metavar="ACCOUNTS",
        help="measure growth at 10,000 and 100,000 accounts too, or at those given, and pages (20 minutes)",
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the report; benchmarks/, or with --quick a new one"
    )
    options = parser.parse_args()
    if options.growth == []:
        options.growth = [10_000, 100_000]
    if options.out is None:
        options.out = Path(tempfile.mkdtemp(prefix="writeoff-report-")) if options.quick else HERE
    return options


if __name__ == "__main__":
    sys.exit(main())
