"""The scheduler: safety net for nudges that were lost, and alarm clock for dates that have come."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import uuid4

import structlog

from handlers.event_types import kinds
from store import opcos as opco_store
from store.crash_points import reached
from store.engine import leases
from store.engine.database import Database
from store.engine.leases import Lease
from store.engine.partitions import ensure_partitions
from store.engine.transaction import Transaction
from store.ledger import seals
from store.work import events, requests, timers
from store.work.events import Abandoned, DueEvent, EventKey
from store.work.requests import RequestKey
from workers.events.executor import MAX_ATTEMPTS, Executor
from workers.hints.signals import EVENTS_A_SET, Signals, sets_of
from workers.roles.progress import Progress
from workers.scheduling.totalling import Totalling
from workers.scheduling.upkeep import KEEP_DAYS, Upkeep

log = structlog.get_logger()

#: The lease outlives a slow step; another scheduler takes over this long after one has died.
LEASE_SECONDS = 10.0
#: A set that was sent is not sent again for so long: it is running, or waits behind others.
SEND_AGAIN_SECONDS = 30.0
#: An event must have been due for so long before the net catches it: usually its own nudge is on the way.
PATIENCE_SECONDS = 2.0
#: A fence older than this belongs to a worker that is gone: sets take well under a second.
RUNNING_LEASE_SECONDS = 120.0
#: Sets of a kind that may be outstanding, so that a queue never fills with stale hints.
OUTSTANDING_SETS = 8
#: Requests that are told to go on at a time.
REQUESTS_AT_ONCE = 20
#: A request is not sent again for so long: one actor goes on with it by itself, a second would only wait.
EXPAND_AGAIN_SECONDS = 10.0
#: Timers are not sent for again for so long: whoever looks at them goes on until none is due.
TIMERS_AGAIN_SECONDS = 5.0
#: Journals that are sealed in one transaction, and how many of those a look takes: looks stay short.
SEALS_A_SET = 2_000
SEAL_SETS = 5
#: How often the partitions of the coming months are looked after.
PARTITIONS_EVERY_SECONDS = 3_600.0


class Scheduler:
    """Any number may run: one holds the lease, the others wait for it. What it sent it keeps in memory."""

    name = "scheduler"

    def __init__(
        self,
        database: Database,
        executor: Executor,
        signals: Signals,
        holder: str,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        keep_days: int = KEEP_DAYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._executor = executor
        self._signals = signals
        self._patience = patience_seconds
        self._clock = clock
        self._lease = Lease(name="scheduler", token=str(uuid4()), holder=holder, seconds=LEASE_SECONDS)
        self._first_seen: dict[str, dict[EventKey, float]] = {}
        self._sent: dict[str, dict[EventKey, float]] = {}
        self._expand_at: dict[RequestKey, float] = {}
        self._timers_at = float("-inf")
        self._partitions_at: float | None = None
        self._upkeep = Upkeep(database, keep_days, clock)
        self._totalling = Totalling(database, self._lease)

    def step(self) -> Progress:
        """Look once at everything that may be due, and send what nobody seems to be at."""
        with self._database.begin() as tx:
            if not leases.take_as(tx, self._lease):
                return Progress()
            self._look_after_partitions(tx)
            lost = events.abandoned(tx, RUNNING_LEASE_SECONDS)
        reached("scheduler.leased")
        sent = self._send_abandoned(lost)
        sealed = self._seal()
        sent += sealed + self._totalling.step(sealed) + self._upkeep.step()
        with self._database.read() as tx:
            today = {opco.opco: opco.today for opco in opco_store.now(tx).values()}
            paused = events.paused(tx)
            for kind in kinds():
                if kind not in paused:
                    sent += self._send_due(tx, kind, today)
            sent += self._send_requests(tx)
            sent += self._send_timers(tx, today)
        return Progress(done=sent)

    def wait(self, seconds: float) -> None:
        """Wait for the bell, or for the next look."""
        self._signals.bell.wait(self.name, seconds)

    def close(self) -> None:
        """Give the lease up, so that the next scheduler need not wait for its end."""
        with self._database.begin() as tx:
            leases.give_up(tx, self._lease.name, self._lease.token)

    def _seal(self) -> int:
        """Seal what was posted since the last look (R22): a set a transaction, workers wait for none."""
        done = 0
        for _ in range(SEAL_SETS):
            with self._database.begin() as tx:
                count, grown = seals.append(tx, self._lease, SEALS_A_SET)
                if count:
                    reached("scheduler.sealing")
            if count:
                reached("scheduler.sealed")
            done += count
            for opco, link in sorted(grown.items()):
                # Kept by whoever keeps the log: what the audit is to find at this position for ever.
                log.info("writeoff.journals.sealed", opco=opco, position=link.position, seal=link.seal.hex())
            if count < SEALS_A_SET:
                break
        return done

    def _look_after_partitions(self, tx: Transaction) -> None:
        now = self._clock()
        if self._partitions_at is None or now - self._partitions_at > PARTITIONS_EVERY_SECONDS:
            ensure_partitions(tx)
            self._partitions_at = now

    def _send_due(self, tx: Transaction, kind: str, today: Mapping[str, date]) -> int:
        """Send the due events of a kind that nobody was sent lately, within the kind's window."""
        window = OUTSTANDING_SETS * EVENTS_A_SET
        found = _due(tx, kind, today, window)
        now = self._clock()
        still = {event.key for event in found}
        seen = self._first_seen[kind] = {key: self._first_seen.get(kind, {}).get(key, now) for key in still}
        sent = self._sent[kind] = {
            key: at
            for key, at in self._sent.get(kind, {}).items()
            if key in still and now - at < SEND_AGAIN_SECONDS
        }
        ready = [
            event for event in found if event.key not in sent and now - seen[event.key] >= self._patience
        ]
        chosen = _fairly(ready, window - len(sent))
        for part in _sets(chosen):
            self._signals.nudger.events(kind, part)
            reached("scheduler.sent")
            sent.update(dict.fromkeys(part, now))
        if chosen:
            log.info("writeoff.scheduler.sent", kind=kind, events=len(chosen), due=len(found))
        return len(chosen)

    def _send_requests(self, tx: Transaction) -> int:
        """Send requests that have accounts to decide; each has its own hint first, and then its actor's."""
        now = self._clock()
        waiting = requests.unexpanded(tx, REQUESTS_AT_ONCE)
        self._expand_at = {key: self._expand_at.get(key, now + self._patience) for key in waiting}
        ready = [key for key in waiting if now >= self._expand_at[key]]
        for key in ready:
            self._signals.nudger.expand(key)
            reached("scheduler.asked")
            self._expand_at[key] = now + EXPAND_AGAIN_SECONDS
        return len(ready)

    def _send_timers(self, tx: Transaction, today: Mapping[str, date]) -> int:
        now = self._clock()
        if not timers.due(tx, today, 1):
            self._timers_at = now
            return 0
        if now < self._timers_at:
            return 0
        self._signals.nudger.timers()
        reached("scheduler.timed")
        self._timers_at = now + TIMERS_AGAIN_SECONDS
        return 1

    def _send_abandoned(self, lost: Sequence[Abandoned]) -> int:
        """Send what a dead worker left in halves, so that a poisonous event ends up alone and is failed."""
        for each in lost:
            log.warning("writeoff.set.abandoned", kind=each.kind, events=len(each.keys), worker=each.worker)
            half = (len(each.keys) + 1) // 2
            if len(each.keys) == 1 and self._attempts(each.keys[0]) >= MAX_ATTEMPTS:
                self._executor.give_up(each.kind, each.keys[0])
                reached("scheduler.gave-up")
                continue
            for part in (each.keys[:half], each.keys[half:]):
                if part:
                    self._signals.nudger.events(each.kind, part)
                    reached("scheduler.halved")
                    now = self._clock()
                    self._sent.setdefault(each.kind, {}).update(dict.fromkeys(part, now))
        return len(lost)

    def _attempts(self, key: EventKey) -> int:
        with self._database.read() as tx:
            return events.attempts(tx, [key]).get(key, 0)


def _due(tx: Transaction, kind: str, today: Mapping[str, date], window: int) -> list[DueEvent]:
    """Return what is due, twice the window of an opco; where a request crowds it, as much of all others."""
    found = events.due(tx, kind, today, 2 * window)
    counts = Counter((event.opco, event.request_id) for event in found)
    crowding = [key for key, count in counts.items() if count >= window]
    if not crowding:
        return found
    known = {event.key for event in found}
    others = events.due(tx, kind, today, window, besides=crowding)
    return found + [event for event in others if event.key not in known]


def _fairly(ready: Sequence[DueEvent], room: int) -> list[DueEvent]:
    """Take at most `room` events, at most half of them from one request while others wait."""
    if len(ready) <= room:
        return list(ready)
    share = max(room // 2, 1)
    counts: Counter[tuple[str, str]] = Counter()
    chosen: list[DueEvent] = []
    for event in ready:
        request = (event.opco, event.request_id)
        if counts[request] < share and len(chosen) < room:
            counts[request] += 1
            chosen.append(event)
    return chosen


def _sets(chosen: Sequence[DueEvent]) -> list[Sequence[EventKey]]:
    """Cut into sets; an event that went wrong before runs alone."""
    alone: list[Sequence[EventKey]] = [[event.key] for event in chosen if event.attempts]
    return [*sets_of([event.key for event in chosen if not event.attempts]), *alone]
