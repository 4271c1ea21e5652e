"""Messages from Redis, in sets."""

from collections.abc import Sequence
from contextlib import suppress
from time import monotonic, sleep

from workers.brokers.address import BrokerAddress
from workers.brokers.ports import BrokerUnavailable, Delivery
from workers.brokers.redis.connection import Link
from workers.brokers.redis.envelope import Handle, opened
from workers.brokers.redis.handed_out import HandedOut, key_of

#: Seconds between looks at empty queues: at first, and after a while of silence. Redis can wait for several
#: lists only by popping from them, which is where messages get lost; 50 looks a second cost it nothing.
FIRST_PAUSE_SECONDS = 0.001
LONGEST_PAUSE_SECONDS = 0.02

#: Seconds after which a message that was handed out and neither acknowledged nor kept alive comes again.
#: kombu's hour would keep a killed intake's messages away for as long.
VISIBILITY_SECONDS = 30.0

#: Renewals of what is held, and looks for what others have left, within that time: two may fail.
UPKEEPS_A_TIMEOUT = 4


class RedisInbound:
    """An `InboundChannel` on Redis. What it holds comes again when it is closed, or 30 s after a kill."""

    def __init__(
        self, address: BrokerAddress, queues: Sequence[str], visibility_seconds: float = VISIBILITY_SECONDS
    ) -> None:
        """Connect. Raises `BrokerUnavailable`."""
        self._upkeep_seconds = visibility_seconds / UPKEEPS_A_TIMEOUT
        self._queues = list(queues)
        self._held: dict[str, None] = {}
        self._upkeep_at = float("-inf")
        self._link = Link(address)
        with self._link.guarded():
            self._handed_out = HandedOut(self._link, visibility_seconds)

    def take(self, limit_messages: int, limit_bytes: int, wait_seconds: float) -> list[Delivery]:
        """See `InboundChannel.take`. `limit_bytes` counts the envelopes, a third more than the bodies."""
        self._link.check()
        deadline = monotonic() + wait_seconds
        pause = FIRST_PAUSE_SECONDS
        with self._link.guarded():
            while True:
                self._upkeep(restoring=True)
                if taken := self._handed_out.take(self._queues, limit_messages, limit_bytes):
                    break
                remaining = deadline - monotonic()
                if remaining <= 0:
                    return []
                sleep(min(pause, remaining))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        # The next take begins with another queue: a busy one must not starve the others.
        self._queues.append(self._queues.pop(0))
        self._held.update((tag, None) for tag, _ in taken)
        return [
            opened(item, self._link.queue_of(key_of(tag)), Handle(channel=self, tag=tag))
            for tag, item in taken
        ]

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """See `InboundChannel.acknowledge`. A delivery of another channel raises ValueError."""
        self._link.check()
        tags = [self._tag(delivery) for delivery in deliveries]
        with self._link.guarded():
            self._handed_out.forget(tags)
        for tag in tags:
            self._held.pop(tag, None)

    def heartbeat(self) -> None:
        """See `InboundChannel.heartbeat`: starts the visibility timeout of what is held anew."""
        self._link.check()
        with self._link.guarded():
            self._link.client.ping()
            self._upkeep(restoring=False)

    def close(self) -> None:
        """See `InboundChannel.close`. What cannot be given back now comes with the visibility timeout."""
        if self._link.client is not None:
            with suppress(BrokerUnavailable), self._link.guarded():
                self._handed_out.restore(list(reversed(self._held)))
        self._held.clear()
        self._link.close()

    def _upkeep(self, *, restoring: bool) -> None:
        if monotonic() - self._upkeep_at < self._upkeep_seconds:
            return
        self._upkeep_at = monotonic()
        self._handed_out.keep(self._held)
        if restoring:
            self._handed_out.restore_overdue()

    def _tag(self, delivery: Delivery) -> str:
        token = delivery.token
        if not isinstance(token, Handle) or token.channel is not self:
            raise ValueError("a delivery is acknowledged on the channel that it came from")
        return token.tag
