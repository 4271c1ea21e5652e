"""Dramatiq on Redis: hints wake their consumers, and an outage is waited out."""

from collections.abc import Callable, Iterable
from typing import Any

import redis
from dramatiq import Message
from dramatiq.broker import MessageProxy
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import BrokerConnectionError, ConnectionClosed
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers.hints.task_brokers.alarm import Alarm
from workers.hints.task_brokers.trouble import Trouble

#: Seconds to connect, and to get an answer. No command of ours blocks; a hint is not worth a longer wait.
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 2.0
#: Seconds without traffic after which a connection is tried before it is used.
HEALTH_SECONDS = 15
#: How long a consumer waits after an outage before it looks again.
TROUBLE_SECONDS = 1.0


def client(url: str) -> redis.Redis:
    """Return a client that answers or fails soon, and forgives one broken connection, but no silence."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=HEALTH_SECONDS,
        # redis-py's own retries sleep for seconds.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


class RedisHints(RedisBroker):
    """Dramatiq's Redis broker with a wake-up beside each message, and no delayed messages."""

    def __init__(self, url: str) -> None:
        super().__init__(client=client(url), middleware=[])  # type: ignore[no-untyped-call]
        self.alarm = Alarm(self.client)
        self.trouble = Trouble()

    @property
    def consumer_class(self) -> type["WakingConsumer"]:
        """The consumer that waits for the wake-up."""
        return WakingConsumer

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, but no queue for delayed messages: each would be polled for nothing."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Enqueue, and wake who waits. Raises `dramatiq.errors.ConnectionClosed` alone."""
        try:
            queued: Message[Any] = super().enqueue(message, delay=delay)
            self.alarm.ring(message.queue_name)
        except redis.RedisError as error:
            raise ConnectionClosed(error) from None
        return queued

    def close(self) -> None:
        """Close every connection."""
        self.alarm.close()
        self.client.close()


class WakingConsumer(_RedisConsumer):
    """Waits for the alarm where Dramatiq's consumer sleeps, and waits outages out where that one falls."""

    def __init__(self, broker: RedisHints, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout=0)  # type: ignore[no-untyped-call]
        self._bell = broker.alarm.bell(queue_name)
        self._wait_seconds = timeout / 1000
        self._full = False

    def __next__(self) -> MessageProxy | None:
        """Return the next message, or None when there is none for a while."""
        # Both before the look: whatever comes after it, or makes room after it, rings again.
        self._bell.clear()
        self._full = True
        try:
            message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]
        except (BrokerConnectionError, redis.RedisError) as error:
            self.broker.trouble.tell(error)
            self._bell.wait(TROUBLE_SECONDS)
            return None
        self.broker.trouble.over()
        if message is None:
            self._full = self.outstanding_message_count >= self.prefetch
            self._bell.wait(self._wait_seconds)
        self._full = False
        return message

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge; while Redis is away the hint is left to come again. Dramatiq would wait for ever."""
        self._done_with(super().ack, message)

    def nack(self, message: MessageProxy) -> None:
        """Reject, as `ack`."""
        self._done_with(super().nack, message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give messages back, if Redis is there to take them."""
        try:
            super().requeue(messages)  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            self.broker.trouble.tell(error)

    def close(self) -> None:
        """Give back what was fetched and not looked at."""
        fetched, self.message_cache = self.message_cache, []
        self.requeue([MessageProxy(Message.decode(data)) for data in fetched if data is not None])

    def _done_with(self, tell: Callable[[MessageProxy], None], message: MessageProxy) -> None:
        try:
            tell(message)
        except (BrokerConnectionError, redis.RedisError) as error:
            self.broker.trouble.tell(error)
        if self._full:
            self._bell.set()
