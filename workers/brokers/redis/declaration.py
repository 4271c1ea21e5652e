"""Topology declared on, and queue depths read from, Redis."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, Self

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
        declare_at_once(link, topology)
    link.close()


def declare_at_once(link: Link, topology: Topology) -> None:
    """Declare on an open link, in one round trip: kombu makes one for each queue and each binding.

    Use it inside `guarded`.
    """
    with link.client.pipeline() as pipeline:
        link.channel.conn_or_acquire = lambda client=None: nullcontext(client or _Together(pipeline))
        try:
            declare_topology(link.channel, topology)
        finally:
            del link.channel.conn_or_acquire
        pipeline.execute()


class _Together:
    """What kombu takes for a client: it keeps commands for later, and says that every queue is empty."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was sent yet."""

    def pipeline(self) -> Self:
        return self

    def llen(self, _key: str) -> Self:
        return self  # nobody looks at how long a queue is that is declared

    def execute(self) -> list[int]:
        return []

    def __getattr__(self, command: str) -> Callable[..., "_Together"]:
        def keep(*arguments: Any, **options: Any) -> "_Together":
            getattr(self._pipeline, command)(*arguments, **options)
            return self

        return keep


def queue_depths(address: BrokerAddress, names: Iterable[str]) -> dict[str, QueueDepth]:
    """Count the messages of each queue. On Redis an empty queue and none at all are the same."""
    link = Link(address)
    with link.guarded():
        # In this order: what is taken between the two looks is counted twice, and not missed.
        ready = {name: sum(link.client.llen(key) for key in link.queue_keys(name)) for name in names}
        held = HandedOut(link, VISIBILITY_SECONDS).counts()
    link.close()
    return {name: QueueDepth(ready=count, unacknowledged=held.get(name, 0)) for name, count in ready.items()}
