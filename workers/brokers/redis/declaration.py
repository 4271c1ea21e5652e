"""Topology declared on, and queue depths read from, Redis."""

from collections.abc import Iterable

from workers.brokers.address import BrokerAddress
from workers.brokers.declaring import declare_topology
from workers.brokers.ports import QueueDepth
from workers.brokers.redis.connection import Link
from workers.brokers.redis.handed_out import HandedOut
from workers.brokers.redis.inbound import VISIBILITY_SECONDS
from workers.brokers.topology import Topology


def declare(address: BrokerAddress, topology: Topology) -> None:
    """Write the bindings. Raises `BrokerUnavailable`."""
    link = Link(address)
    with link.guarded():
        declare_topology(link.channel, topology)
    link.close()


def queue_depths(address: BrokerAddress, names: Iterable[str]) -> dict[str, QueueDepth]:
    """Count the messages of each queue. On Redis an empty queue and none at all are the same."""
    link = Link(address)
    with link.guarded():
        # In this order: what is taken between the two looks is counted twice, and not missed.
        ready = {name: sum(link.client.llen(key) for key in link.queue_keys(name)) for name in names}
        held = HandedOut(link, VISIBILITY_SECONDS).counts()
    link.close()
    return {name: QueueDepth(ready=count, unacknowledged=held.get(name, 0)) for name, count in ready.items()}
