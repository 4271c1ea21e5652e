"""The Dramatiq actors: one an event kind, one that expands requests, one that looks at timers.

`dramatiq workers.dramatiq_app:start` starts them too, for those who run Dramatiq their own way.
"""

import threading
from collections.abc import Callable

import dramatiq
import structlog

from handlers.event_types import kinds
from store.engine.errors import StoreError
from workers.events.executor import Executor
from workers.hints.signals import Signals
from workers.hints.tasks import EXPAND, TIMERS, queue_of
from workers.requests.expansion import Expander
from workers.roles.watchdog import Watchdog
from workers.scheduling.timers import TimerKeeper

log = structlog.get_logger()

#: Dramatiq takes lower numbers first: what has begun is finished before more is begun.
EVENT_PRIORITY = 0
TIMER_PRIORITY = 10
EXPAND_PRIORITY = 100
#: Seconds between looks at a database that is away, and how many looks a hint is worth.
RETRY_SECONDS = 1.0
MAX_TRIES = 60


class Actors:
    """What actors do. Each takes a hint, looks at the database, and passes on what may run next."""

    def __init__(
        self,
        executor: Executor,
        expander: Expander,
        timers: TimerKeeper,
        signals: Signals,
        stop: threading.Event | None = None,
        *,
        watchdog: Watchdog,
    ) -> None:
        """`stop` ends the wait for a database that is away; `watchdog` sees to what hangs."""
        self._executor = executor
        self._expander = expander
        self._timers = timers
        self._signals = signals
        self._stop = stop or threading.Event()
        self._watchdog = watchdog

    def run_events(self, kind: str, keys: list[list[object]]) -> None:
        """Run a set of events of one kind; what others hold is left to them and to the scheduler."""
        result = self._executor.run(kind, [(str(key[0]), int(str(key[1]))) for key in keys])
        if result.skipped and result.done:
            result.nudges.events[kind] += result.skipped
        self._signals.send(result.nudges)

    def expand(self, key: list[str]) -> None:
        """Decide the next accounts of a request, and ask to be called again while there are more."""
        progress, nudges = self._expander.expand((key[0], key[1]))
        if progress.more:
            nudges.requests.append((key[0], key[1]))
        self._signals.send(nudges)

    def look_at_timers(self) -> None:
        """Look at timers until none is due."""
        progress, nudges = self._timers.fire()
        self._signals.send(nudges)
        while progress.more:
            progress, nudges = self._timers.fire()
            self._signals.send(nudges)

    def declare(self, broker: dramatiq.Broker) -> None:
        """Declare every actor on Dramatiq's broker, each on a queue of its own."""
        for kind in kinds():
            self._declare_kind(broker, kind)

        def expand(key: list[str]) -> None:
            self._patiently(EXPAND, lambda: self.expand(key))

        def look_at_timers(_nothing: list[object]) -> None:
            self._patiently(TIMERS, self.look_at_timers)

        _actor(broker, EXPAND, EXPAND_PRIORITY)(expand)
        _actor(broker, TIMERS, TIMER_PRIORITY)(look_at_timers)

    def _declare_kind(self, broker: dramatiq.Broker, kind: str) -> None:
        def run(keys: list[list[object]]) -> None:
            self._patiently(kind, lambda: self.run_events(kind, keys))

        _actor(broker, kind, EVENT_PRIORITY)(run)

    def _patiently(self, actor: str, work: Callable[[], None]) -> None:
        """Do it, waiting for a database that is away: an outage is no error of the hint's."""
        structlog.contextvars.bind_contextvars(role="worker")
        for _ in range(MAX_TRIES):
            try:
                with self._watchdog.step(actor):
                    return work()
            except StoreError as trouble:
                log.warning("writeoff.actor.waiting", actor=actor, reason=str(trouble))
            if self._stop.wait(RETRY_SECONDS):
                break
        log.warning("writeoff.hint.dropped", actor=actor)
        return None


def _actor(broker: dramatiq.Broker, name: str, priority: int) -> Callable[[Callable[..., None]], object]:
    declare: Callable[[Callable[..., None]], object] = dramatiq.actor(
        actor_name=name, queue_name=queue_of(name), priority=priority, broker=broker
    )
    return declare
