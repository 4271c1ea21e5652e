"""Topology declared on, and queue depths read from, RabbitMQ."""

from collections.abc import Iterable

from amqp.exceptions import NotFound, PreconditionFailed

from workers.brokers.address import BrokerAddress
from workers.brokers.declaring import declare_topology
from workers.brokers.ports import QueueDepth
from workers.brokers.rabbitmq.connection import Link
from workers.brokers.topology import Topology


def declare(address: BrokerAddress, topology: Topology) -> None:
    """Declare what is missing. A queue that exists with other arguments stays: the doctor tells of it.

    Raises `BrokerUnavailable`.
    """
    link = Link(address)
    with link.guarded():
        declare_topology(link.channel, topology, _is_there)
    link.close()


def _is_there(error: Exception) -> bool:
    """Tell whether the queue exists with other arguments; py-amqp has opened the channel again."""
    return isinstance(error, PreconditionFailed) and "inequivalent arg" in str(error)


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
