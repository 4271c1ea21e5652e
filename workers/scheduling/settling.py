"""Whether an installation has done everything that there is to do now."""

import time
from collections.abc import Callable

from messages.destinations import INBOUND, UNDELIVERED
from store import opcos as opco_store
from store.engine.database import Database
from store.traffic import outbox
from store.work import events, requests, timers
from workers import brokers
from writeoff.errors import WriteoffError

#: Seconds between looks; each costs a few milliseconds.
LOOK_SECONDS = 0.02
#: Looks in a row that must find nothing: one alone may miss a message that is just being taken.
QUIET_LOOKS = 2
#: Seconds between wake-ups of the scheduler while something is left: what a new date brings, it alone finds.
RING_SECONDS = 0.25


class NotSettled(WriteoffError):
    """There was still something to do when the time was up."""

    def __init__(self, left: dict[str, int], seconds: float) -> None:
        super().__init__(f"after {seconds:g} s there is still to do: {left}")
        self.left = left


def to_do(database: Database, broker_url: str) -> dict[str, int]:
    """Count what there is to do now, by what it is; empty when all is done. Paused kinds do not count.

    Raises `StoreError` and `BrokerUnavailable`.
    """
    # The queues first: what has left them is in the database.
    names = [queue.name for queue in (*INBOUND, UNDELIVERED)]
    depths = brokers.queue_depths(broker_url, names)
    counts = {name: (each.ready or 0) + (each.unacknowledged or 0) for name, each in depths.items()}
    with database.read() as tx:
        # Causes before effects: where a read sees what is committed meanwhile, nothing slips through.
        today = {opco.opco: opco.today for opco in opco_store.now(tx).values()}
        paused = events.paused(tx)
        counts["requests"] = len(requests.unexpanded(tx, 1))
        counts["timers"] = len(timers.due(tx, today, 1))
        due = events.due_by_kind(tx, today)
        counts |= {kind: count for kind, count in due.items() if kind not in paused}
        counts |= {f"to {each.destination}": each.messages for each in outbox.backlog(tx)}
    return {name: count for name, count in counts.items() if count}


def settle(
    left: Callable[[], dict[str, int]],
    timeout_seconds: float,
    *,
    ring: Callable[[], None],
    watch: Callable[[dict[str, int]], None],
) -> None:
    """Wait until nothing is left. Raises `NotSettled`.

    `ring` wakes the scheduler, `watch` is told at each look what is left.
    """
    deadline = time.monotonic() + timeout_seconds
    ring_at = 0.0
    quiet = 0
    while quiet < QUIET_LOOKS:
        found = left()
        quiet = 0 if found else quiet + 1
        watch(found)
        now = time.monotonic()
        if found and now > deadline:
            raise NotSettled(found, timeout_seconds)
        if found and now > ring_at:
            ring()
            ring_at = now + RING_SECONDS
        time.sleep(LOOK_SECONDS)
