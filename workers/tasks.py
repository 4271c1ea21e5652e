"""Dramatiq: its broker, and nudges as its messages. It owns no state; losing all of it loses nothing."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import dramatiq
import redis
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from handlers.event_types import kinds
from store.events import EventKey
from store.requests import RequestKey

#: Name of the actor, and of its queue behind this prefix, for everything that is not an event kind.
EXPAND = "expand-requests"
TIMERS = "fire-timers"
_PREFIX = "writeoff."
#: Seconds that a call to Redis may take: longer than any blocking call of Dramatiq's.
_SOCKET_TIMEOUT_SECONDS = 15.0


def queue_of(actor: str) -> str:
    """Return the queue of an actor: one each, so that operations can watch, pause and scale a kind."""
    return _PREFIX + actor


def actor_names() -> tuple[str, ...]:
    """Return every actor: one an event kind, one for requests, one for timers."""
    return (*kinds(), EXPAND, TIMERS)


def connect(url: str) -> dramatiq.Broker:
    """Return Dramatiq's broker for a URL, with none of its middleware: no retries, delays or time limits."""
    scheme = urlsplit(url).scheme
    broker: dramatiq.Broker
    if scheme in {"redis", "rediss", "unix"}:
        client = redis.Redis.from_url(url, socket_timeout=_SOCKET_TIMEOUT_SECONDS)
        broker = RedisBroker(client=client, middleware=[])
    elif scheme in {"amqp", "amqps"}:
        broker = RabbitmqBroker(url=url, middleware=[])
    else:
        raise ValueError(f"tasks URL scheme {scheme!r} is not supported: use redis://, unix:// or amqp://")
    return broker


class DramatiqNudger:
    """Sends nudges. Raises what the broker raises: the caller lets hints go."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._broker = broker
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

    def _send(self, actor: str, argument: object) -> None:
        message: dramatiq.Message[None] = dramatiq.Message(
            queue_name=queue_of(actor), actor_name=actor, args=(argument,), kwargs={}, options={}
        )
        self._broker.enqueue(message)
