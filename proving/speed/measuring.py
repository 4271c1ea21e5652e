"""One run: accounts are loaded, requests published, and the clock stops with the last confirmed message."""

import time
from collections.abc import Mapping

from proving.speed.installation import Installation
from proving.speed.portfolio import bulk_request, single_requests, snapshots
from writeoff.value import Value

EVENTS_AN_ACCOUNT = 6
REQUEST_KEY = "pulse.write-off-requested.v1"
SNAPSHOT_KEY = "pulse.account-updated.v1"


class Measured(Value, frozen=True, kw_only=True):
    """One run: wall time, rates, CPU seconds per 1,000 events and memory by process."""

    name: str
    accounts: int
    seconds: float
    events_a_second: float
    messages_a_second: float
    cpu_per_1000: Mapping[str, float]
    memory_mib: Mapping[str, float]


def load(place: Installation, name: str, accounts: int) -> None:
    """Send the snapshots of accounts, and wait until they are known. `intake` and `relay` must run."""
    place.publish(snapshots(name, accounts, place.opco), SNAPSHOT_KEY)
    place.wait_until(f"SELECT count(*) FROM accounts WHERE {_of(place.opco, name)} AND version > 0", accounts)
    place.wait_until("SELECT count(*) FROM outbox", 0)


def run(place: Installation, name: str, accounts: int, *, bulk: bool) -> Measured:
    """Publish requests for loaded accounts, and wait until the last message is confirmed.

    Raises `RuntimeError` when the queues then hold anything but the messages that were written.
    """
    place.empty_queues()
    messages_before = place.count("SELECT count(*) FROM messages_out")
    cpu_before = place.cpu_seconds()
    started = time.monotonic()
    requests = (
        [bulk_request(name, accounts, place.opco)] if bulk else single_requests(name, accounts, place.opco)
    )
    place.publish(requests, REQUEST_KEY)
    ended = f"SELECT count(*) FROM processes WHERE {_of(place.opco, name)} AND status = 'inactive'"
    place.wait_until_counted(ended, accounts)
    place.wait_until(
        f"SELECT count(*) FROM requests WHERE {_answered(place.opco, name, bulk=bulk)}",
        1 if bulk else accounts,
    )
    place.wait_until("SELECT count(*) FROM outbox", 0)
    messages = place.count("SELECT count(*) FROM messages_out") - messages_before
    place.wait_for(lambda: place.published() >= messages, f"{messages} messages in the queues")
    seconds = time.monotonic() - started
    if (found := place.published()) != messages:
        raise RuntimeError(f"{found} messages in the queues, {messages} were written")
    events = accounts * EVENTS_AN_ACCOUNT
    cpu_after = place.cpu_seconds()
    return Measured(
        name=name,
        accounts=accounts,
        seconds=seconds,
        events_a_second=events / seconds,
        messages_a_second=messages / seconds,
        cpu_per_1000={each: (used - cpu_before[each]) / events * 1_000 for each, used in cpu_after.items()},
        memory_mib=place.memory_mib(),
    )


def measure(place: Installation, name: str, accounts: int, *, bulk: bool) -> Measured:
    """Load accounts and run them."""
    load(place, name, accounts)
    return run(place, name, accounts, bulk=bulk)


def line(measured: Measured) -> str:
    """Return one run as a line."""
    cpu = ", ".join(f"{process} {used:.3f}" for process, used in measured.cpu_per_1000.items())
    return (
        f"{measured.name:16} {measured.seconds:7.2f} s {measured.events_a_second:8.0f} events/s "
        f"{measured.messages_a_second:8.0f} messages/s   CPU s/1000 events: {cpu}"
    )


def _of(opco: str, name: str) -> str:
    return f"opco = '{opco}' AND account_id >= '{name}-' AND account_id < '{name}-~'"


def _answered(opco: str, name: str, *, bulk: bool) -> str:
    which = f"= 'WR-{name}'" if bulk else f">= 'WR-{name}-' AND request_id < 'WR-{name}-~'"
    return f"opco = '{opco}' AND request_id {which} AND revision > 0"
