"""Topology declared on, and queue depths read from, RabbitMQ."""

from collections.abc import Iterable

from amqp.exceptions import NotFound

from workers.brokers.address import BrokerAddress
from workers.brokers.declaring import declare_topology
from workers.brokers.ports import QueueDepth
from workers.brokers.rabbitmq.connection import Link
from workers.brokers.topology import Topology


def declare(address: BrokerAddress, topology: Topology) -> None:
    """Declare what is missing. Raises `BrokerUnavailable`, also where a queue exists with other arguments."""
    link = Link(address)
    with link.guarded():
        declare_topology(link.channel, topology)
    link.close()


def queue_depths(address: BrokerAddress, names: Iterable[str]) -> dict[str, QueueDepth]:
    """Count the messages ready in each queue. What is handed out AMQP cannot say."""
    link = Link(address)
    depths: dict[str, QueueDepth] = {}
    with link.guarded():
        for name in names:
            try:
                ready = link.channel.queue_declare(name, passive=True).message_count
            except NotFound:
                ready = None  # the broker closed the channel, and py-amqp has opened it again
            depths[name] = QueueDepth(ready=ready, unacknowledged=None)
    link.close()
    return depths
