"""The broker of a URL: channels, topology and depths, whichever it is."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from workers.brokers.address import BrokerAddress, BrokerKind
from workers.brokers.ports import InboundChannel, OutboundChannel, QueueDepth
from workers.brokers.rabbitmq import declaration as on_rabbitmq
from workers.brokers.rabbitmq.inbound import RabbitInbound
from workers.brokers.rabbitmq.outbound import RabbitOutbound
from workers.brokers.redis import declaration as on_redis
from workers.brokers.redis.inbound import VISIBILITY_SECONDS, RedisInbound
from workers.brokers.redis.outbound import RedisOutbound
from workers.brokers.topology import Topology

#: Messages of each queue that RabbitMQ may have sent ahead: two sets of 500, so that the next one has arrived
#: when the one before is committed.
PREFETCH_MESSAGES = 1_000


def connect_inbound(
    url: str,
    queues: Sequence[str],
    *,
    prefetch: int = PREFETCH_MESSAGES,
    visibility_seconds: float = VISIBILITY_SECONDS,
) -> InboundChannel:
    """Consume from declared queues. Raises `UnusableBrokerUrl` and `BrokerUnavailable`.

    `prefetch` is RabbitMQ's: messages of each queue in hand. `visibility_seconds` is Redis's: after that time
    without a call to the channel, what is in hand comes again.
    """
    address = BrokerAddress.of(url)
    match address.kind:
        case BrokerKind.RABBITMQ:
            return RabbitInbound(address, queues, prefetch)
        case BrokerKind.REDIS:
            return RedisInbound(address, queues, visibility_seconds)
        case _:
            assert_never(address.kind)


def connect_outbound(url: str, topology: Topology) -> OutboundChannel:
    """Publish. Declares nothing: see `OutboundChannel.declare`. Raises as `connect_inbound` does."""
    address = BrokerAddress.of(url)
    match address.kind:
        case BrokerKind.RABBITMQ:
            return RabbitOutbound(address, topology)
        case BrokerKind.REDIS:
            return RedisOutbound(address, topology)
        case _:
            assert_never(address.kind)


def declare(url: str, topology: Topology) -> None:
    """Declare what is missing of a topology. Raises as `connect_inbound` does."""
    address = BrokerAddress.of(url)
    match address.kind:
        case BrokerKind.RABBITMQ:
            on_rabbitmq.declare(address, topology)
        case BrokerKind.REDIS:
            on_redis.declare(address, topology)
        case _:
            assert_never(address.kind)


def queue_depths(url: str, names: Iterable[str]) -> dict[str, QueueDepth]:
    """Count messages without touching them. Raises as `connect_inbound` does."""
    address = BrokerAddress.of(url)
    match address.kind:
        case BrokerKind.RABBITMQ:
            return on_rabbitmq.queue_depths(address, names)
        case BrokerKind.REDIS:
            return on_redis.queue_depths(address, names)
        case _:
            assert_never(address.kind)
