"""Messages from RabbitMQ, in sets."""

from collections import deque
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from workers.brokers.address import BrokerAddress
from workers.brokers.plain import plain
from workers.brokers.ports import Delivery
from workers.brokers.rabbitmq.connection import SHORT_LOOK_SECONDS, Link

#: Seconds at most between looks at the heartbeat while waiting for a message.
TICK_SECONDS = 1.0

#: Bytes and messages that `heartbeat` reads ahead of the caller: it must read to notice a broken connection,
#: but holds no more than a set in memory.
READ_AHEAD_BYTES = 64 * 1024 * 1024
READ_AHEAD_MESSAGES = 10_000

#: How often quorum queues say that they have delivered a message before.
DELIVERY_COUNT_HEADER = "x-delivery-count"


class _Token(NamedTuple):
    channel: object
    delivery_tag: int


class RabbitInbound:
    """An `InboundChannel` on RabbitMQ.

    At most `prefetch` messages of each queue are in hand. RabbitMQ cannot bound bytes, so nothing is read
    from the socket beyond what the caller of `take` allows: the rest waits with the kernel and the broker.
    """

    def __init__(self, address: BrokerAddress, queues: Sequence[str], prefetch: int) -> None:
        """Connect and start consuming. Raises `BrokerUnavailable`."""
        self._arrived: deque[Delivery] = deque()
        self._arrived_bytes = 0
        self._unacknowledged: dict[int, None] = {}
        self._link = Link(address)
        with self._link.guarded():
            # Per consumer: quorum queues know no limit for the whole channel.
            self._link.channel.basic_qos(prefetch_size=0, prefetch_count=prefetch, a_global=False)
            for queue in queues:
                self._link.channel.basic_consume(queue, callback=partial(self._on_message, queue))

    def take(self, limit_messages: int, limit_bytes: int, wait_seconds: float) -> list[Delivery]:
        """See `InboundChannel.take`."""
        self._link.check()
        deadline = monotonic() + wait_seconds
        with self._link.guarded():
            while not self._arrived:
                remaining = deadline - monotonic()
                self._link.read(min(max(remaining, SHORT_LOOK_SECONDS), TICK_SECONDS))
                self._link.tick(listening=True)
                if remaining <= 0 and not self._arrived:
                    return []
            self._read_on(limit_messages, limit_bytes)
            self._link.tick(listening=False)
        return self._hand_out(limit_messages, limit_bytes)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """See `InboundChannel.acknowledge`. A delivery of another channel raises ValueError.

        Whatever is acknowledged from the oldest on goes in one frame; only the rest one by one.
        """
        self._link.check()
        tags = {self._tag(delivery) for delivery in deliveries} & self._unacknowledged.keys()
        last = 0
        for tag in self._unacknowledged:
            if tag not in tags:
                break
            last = tag
        with self._link.guarded():
            if last:
                self._link.channel.basic_ack(last, multiple=True)
            for tag in sorted(tag for tag in tags if tag > last):
                self._link.channel.basic_ack(tag)
        for tag in tags:
            del self._unacknowledged[tag]

    def heartbeat(self) -> None:
        """See `InboundChannel.heartbeat`. RabbitMQ ends a channel that holds a message for 30 minutes."""
        self._link.check()
        with self._link.guarded():
            self._read_on(READ_AHEAD_MESSAGES, READ_AHEAD_BYTES)
            self._link.tick(listening=self._arrived_bytes < READ_AHEAD_BYTES)

    def close(self) -> None:
        """See `InboundChannel.close`."""
        self._arrived = deque(maxlen=0)
        self._link.close()

    def _on_message(self, queue: str, message: Any) -> None:
        tag = message.delivery_tag
        properties = dict(message.properties)
        headers = plain(properties.pop("application_headers", None) or {})
        redelivered = bool(message.delivery_info["redelivered"])
        count = headers.get(DELIVERY_COUNT_HEADER)
        self._arrived.append(
            Delivery(
                queue=queue,
                body=message.body,
                content_type=properties.get("content_type", ""),
                headers=headers,
                properties=plain(properties),
                redelivered=redelivered,
                delivery_count=count if isinstance(count, int) else int(redelivered),
                token=_Token(self, tag),
            )
        )
        self._arrived_bytes += len(message.body)
        self._unacknowledged[tag] = None

    def _read_on(self, limit_messages: int, limit_bytes: int) -> None:
        while len(self._arrived) < limit_messages and self._arrived_bytes < limit_bytes:
            if not self._link.read(SHORT_LOOK_SECONDS):
                return

    def _hand_out(self, limit_messages: int, limit_bytes: int) -> list[Delivery]:
        taken: list[Delivery] = []
        taken_bytes = 0
        while self._arrived and len(taken) < limit_messages and taken_bytes < limit_bytes:
            delivery = self._arrived.popleft()
            taken_bytes += len(delivery.body)
            taken.append(delivery)
        self._arrived_bytes -= taken_bytes
        return taken

    def _tag(self, delivery: Delivery) -> int:
        token = delivery.token
        if not isinstance(token, _Token) or token.channel is not self:
            raise ValueError("a delivery is acknowledged on the channel that it came from")
        return token.delivery_tag
