"""Dramatiq: its broker, and nudges as its messages. It owns no state; losing all of it loses nothing."""

import time
from collections.abc import Callable, Sequence

import dramatiq
from dramatiq.errors import BrokerError

from handlers.event_types import kinds
from store.work.events import EventKey
from store.work.requests import RequestKey
from workers.hints.task_brokers import TasksUnavailable, connect

#: Name of the actor, and of its queue behind this prefix, for everything that is not an event kind.
EXPAND = "expand-requests"
TIMERS = "fire-timers"
_PREFIX = "writeoff."
#: After a hint that could not be sent, how long none is tried: an attempt may take seconds.
SILENT_SECONDS = 5.0

__all__ = ["EXPAND", "TIMERS", "DramatiqNudger", "TasksUnavailable", "actor_names", "connect", "queue_of"]


def queue_of(actor: str) -> str:
    """Return the queue of an actor: one each, so that operations can watch, pause and scale a kind."""
    return _PREFIX + actor


def actor_names() -> tuple[str, ...]:
    """Return every actor: one an event kind, one for requests, one for timers."""
    return (*kinds(), EXPAND, TIMERS)


class DramatiqNudger:
    """Sends nudges. Raises `TasksUnavailable`, and then at once for a while: nobody waits long for a hint."""

    def __init__(self, broker: dramatiq.Broker, clock: Callable[[], float] = time.monotonic) -> None:
        self._broker = broker
        self._clock = clock
        self._silent_until = float("-inf")
        self._reason = ""
        for actor in actor_names():
            broker.declare_queue(queue_of(actor))

    def events(self, kind: str, keys: Sequence[EventKey]) -> None:
        """Send a set of event ids to the kind's actor."""
        self._send(kind, [[process_id, sequence] for process_id, sequence in keys])

    def expand(self, key: RequestKey) -> None:
        """Send a request's key to the actor that decides its accounts."""
        self._send(EXPAND, list(key))

    def timers(self) -> None:
        """Ask for a look at the timers."""
        self._send(TIMERS, [])

    def close(self) -> None:
        """Close the connections to the tasks broker."""
        self._broker.close()

    def _send(self, actor: str, argument: object) -> None:
        message: dramatiq.Message[None] = dramatiq.Message(
            queue_name=queue_of(actor), actor_name=actor, args=(argument,), kwargs={}, options={}
        )
        if self._clock() < self._silent_until:
            raise TasksUnavailable(self._reason)
        try:
            self._broker.enqueue(message)
        except BrokerError as error:
            self._reason = f"the tasks broker does not take hints: {error}"
            self._silent_until = self._clock() + SILENT_SECONDS
            raise TasksUnavailable(self._reason) from error
