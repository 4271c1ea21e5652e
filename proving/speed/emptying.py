"""Queues emptied, on whichever broker."""

from collections.abc import Iterable
from typing import assert_never

from workers.brokers.address import BrokerAddress, BrokerKind
from workers.brokers.rabbitmq.connection import Link as RabbitLink
from workers.brokers.redis.connection import Link as RedisLink


def empty(url: str, queues: Iterable[str]) -> None:
    """Throw away what is in queues. Raises `BrokerUnavailable`."""
    address = BrokerAddress.of(url)
    match address.kind:
        case BrokerKind.RABBITMQ:
            link: RabbitLink | RedisLink = RabbitLink(address)
        case BrokerKind.REDIS:
            link = RedisLink(address)
        case _:
            assert_never(address.kind)
    with link.guarded():
        for name in queues:
            link.channel.queue_purge(name)
    link.close()
