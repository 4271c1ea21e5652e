"""`make bench-smoke`: single messages beside one bulk request, on PostgreSQL and RabbitMQ, in one run."""

import argparse
import sys
import time
from collections.abc import Mapping

from benchmarks.installation import Installation, installation
from benchmarks.portfolio import bulk_request, single_requests, snapshots
from writeoff.value import Value

#: What a quiet 2-core machine must reach, with everything on it.
LEAST_EVENTS_A_SECOND = 5_000
#: Single messages and bulk must be within this of each other.
MOST_RATIO = 1.3
_EVENTS_AN_ACCOUNT = 6
_SNAPSHOT_KEY = "pulse.account-updated.v1"
_REQUEST_KEY = "pulse.write-off-requested.v1"
_TIMEOUT_SECONDS = 600.0


class Measured(Value, frozen=True, kw_only=True):
    """One run: wall time, rates, CPU seconds per 1,000 events by process."""

    name: str
    seconds: float
    events_a_second: float
    messages_a_second: float
    cpu_per_1000: Mapping[str, float]


def measure(place: Installation, name: str, accounts: int, *, bulk: bool) -> Measured:
    """Load accounts, publish requests, wait until the last message is confirmed."""
    place.publish(snapshots(name, accounts), _SNAPSHOT_KEY)
    known = f"SELECT count(*) FROM accounts WHERE account_id LIKE '{name}-%%' AND version > 0"
    place.wait_until(known, accounts, _TIMEOUT_SECONDS)
    place.wait_until("SELECT count(*) FROM outbox", 0, _TIMEOUT_SECONDS)
    messages_before = place.count("SELECT count(*) FROM messages_out")
    cpu_before = place.cpu_seconds()
    started = time.monotonic()
    requests = [bulk_request(name, accounts)] if bulk else single_requests(name, accounts)
    place.publish(requests, _REQUEST_KEY)
    place.wait_until(
        f"SELECT count(*) FROM processes WHERE account_id LIKE '{name}-%%' AND status = 'inactive'",
        accounts,
        _TIMEOUT_SECONDS,
    )
    place.wait_until("SELECT count(*) FROM outbox", 0, _TIMEOUT_SECONDS)
    seconds = time.monotonic() - started
    events = accounts * _EVENTS_AN_ACCOUNT
    cpu = {
        process: (used - cpu_before[process]) / events * 1_000
        for process, used in place.cpu_seconds().items()
    }
    messages = place.count("SELECT count(*) FROM messages_out") - messages_before
    return Measured(
        name=name,
        seconds=seconds,
        events_a_second=events / seconds,
        messages_a_second=messages / seconds,
        cpu_per_1000=cpu,
    )


def report(measured: Measured) -> None:
    """Print one run."""
    cpu = ", ".join(f"{process} {used:.3f}" for process, used in measured.cpu_per_1000.items())
    print(
        f"{measured.name:8} {measured.seconds:7.2f} s {measured.events_a_second:8.0f} events/s "
        f"{measured.messages_a_second:8.0f} messages/s   CPU s/1000 events: {cpu}",
        flush=True,
    )


def main() -> int:
    """Run both ways in turn; exit 1 when the goals are missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=5_000, help="accounts a run")
    parser.add_argument("--rounds", type=int, default=2, help="pairs of runs; the best of each counts")
    options = parser.parse_args()
    best: dict[bool, float] = {False: 0.0, True: 0.0}
    with installation() as place:
        place.start()
        place.wait_until("SELECT count(*) FROM opcos", 1, 60)
        place.fix_business_date()
        report(measure(place, "warm-up", 500, bulk=False))
        for number in range(options.rounds):
            for bulk in (False, True):
                name = f"{'bulk' if bulk else 'single'}{number}"
                measured = measure(place, name, options.accounts, bulk=bulk)
                report(measured)
                best[bulk] = max(best[bulk], measured.events_a_second)
    ratio = max(best.values()) / min(best.values())
    print(f"single {best[False]:.0f} events/s, bulk {best[True]:.0f} events/s, ratio {ratio:.2f}")
    met = min(best.values()) >= LEAST_EVENTS_A_SECOND and ratio <= MOST_RATIO
    print("goals met" if met else f"goals missed: {LEAST_EVENTS_A_SECOND} events/s each, ratio {MOST_RATIO}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
