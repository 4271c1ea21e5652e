"""`make bench-smoke`: single messages beside one bulk request, on PostgreSQL and RabbitMQ, in one run."""

import argparse
import sys

from benchmarks.installation import installation
from benchmarks.showing import show
from proving.speed.measuring import measure

#: What a quiet 2-core machine must reach, with everything on it.
LEAST_EVENTS_A_SECOND = 5_000
#: Single messages and bulk must be within this of each other.
MOST_RATIO = 1.3


def main() -> int:
    """Run both ways in turn; exit 1 when the goals are missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=5_000, help="accounts a run")
    parser.add_argument("--rounds", type=int, default=2, help="pairs of runs; the best of each counts")
    options = parser.parse_args()
    best: dict[bool, float] = {False: 0.0, True: 0.0}
    with installation() as place:
        place.start()
        place.fix_business_date()
        show(measure(place, "warm-up", 500, bulk=False))
        for number in range(options.rounds):
            for bulk in (False, True):
                name = f"{'bulk' if bulk else 'single'}{number}"
                measured = measure(place, name, options.accounts, bulk=bulk)
                show(measured)
                best[bulk] = max(best[bulk], measured.events_a_second)
    ratio = max(best.values()) / min(best.values())
    print(f"single {best[False]:.0f} events/s, bulk {best[True]:.0f} events/s, ratio {ratio:.2f}")
    met = min(best.values()) >= LEAST_EVENTS_A_SECOND and ratio <= MOST_RATIO
    print("goals met" if met else f"goals missed: {LEAST_EVENTS_A_SECOND} events/s each, ratio {MOST_RATIO}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
