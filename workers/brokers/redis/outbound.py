"""Messages to Redis, in pipelines."""

from collections.abc import Iterator, Sequence
from typing import Any

from redis.exceptions import ResponseError

from store.crash_points import reached
from workers.brokers.address import BrokerAddress
from workers.brokers.ports import BrokerUnavailable, Outgoing, PublishResult
from workers.brokers.redis.connection import Link
from workers.brokers.redis.declaration import declare_at_once
from workers.brokers.redis.envelope import sealed
from workers.brokers.topology import Topology

#: Messages and bytes of one pipeline: Redis answers none of it before it has read it all.
PIPELINE_MESSAGES = 1_000
PIPELINE_BYTES = 8 * 1024 * 1024


class RedisOutbound:
    """An `OutboundChannel` on Redis. kombu's own publishing makes 1,500 a second; a pipeline 50 times that.

    A message is confirmed when Redis has answered: it is then in the append-only file, and on the disk within
    a second.
    """

    def __init__(self, address: BrokerAddress, topology: Topology) -> None:
        """Connect. Raises `BrokerUnavailable`."""
        self._topology = topology
        self._longest = {
            queue.name: int(queue.arguments["x-max-length"])
            for queue in topology.queues
            if queue.arguments.get("x-overflow") == "drop-head"
        }
        self._link = Link(address)

    def publish(self, batch: Sequence[Outgoing]) -> PublishResult:
        """See `OutboundChannel.publish`. What is routed to several queues is confirmed by all of them."""
        if len({message.id for message in batch}) != len(batch):
            raise ValueError("two messages of one batch have the same id")
        self._link.check()
        confirmed: set[str] = set()
        refused: dict[str, str] = {}
        try:
            with self._link.guarded():
                routes = _Routes(self._link)
                for some in _pipelines(batch):
                    self._publish(some, routes, confirmed, refused)
        except BrokerUnavailable as error:
            raise BrokerUnavailable(error.reason, confirmed=frozenset(confirmed), refused=refused) from error
        return PublishResult(confirmed=frozenset(confirmed), refused=refused)

    def declare(self) -> None:
        """See `OutboundChannel.declare`."""
        self._link.check()
        with self._link.guarded():
            self._link.channel.state.clear()  # kombu declares nothing twice, whatever Redis has forgotten
            declare_at_once(self._link, self._topology)

    def heartbeat(self) -> None:
        """See `OutboundChannel.heartbeat`."""
        self._link.check()
        with self._link.guarded():
            self._link.client.ping()

    def close(self) -> None:
        """See `OutboundChannel.close`."""
        self._link.close()

    def _publish(
        self,
        messages: Sequence[Outgoing],
        routes: "_Routes",
        confirmed: set[str],
        refused: dict[str, str],
    ) -> None:
        owners: list[str] = []
        with self._link.client.pipeline(transaction=False) as pipeline:
            for message in messages:
                queues = routes.of(message)
                if not queues:
                    refused[message.id] = "unroutable: no queue is bound"
                    continue
                envelope = sealed(message)
                for queue in queues:
                    pipeline.lpush(queue, envelope)
                    owners.append(message.id)
            for queue in routes.used & self._longest.keys():
                pipeline.ltrim(queue, 0, self._longest[queue] - 1)
            answers = pipeline.execute(raise_on_error=False)
        reached("relay.sent")
        for owner, answer in zip(owners, answers, strict=False):
            if isinstance(answer, ResponseError):
                refused[owner] = str(answer)
            elif isinstance(answer, Exception):
                raise answer
        confirmed.update(owner for owner in owners if owner not in refused)


class _Routes:
    """The queues of each exchange and routing key, as Redis has them when the batch begins."""

    def __init__(self, link: Link) -> None:
        self._channel = link.channel
        self._tables: dict[str, Any] = {}
        self._known: dict[tuple[str, str], list[str]] = {}
        self.used: set[str] = set()

    def of(self, message: Outgoing) -> list[str]:
        """Return the queues that a message goes to, in the order of their names."""
        key = (message.exchange, message.routing_key)
        if key not in self._known:
            self._known[key] = sorted(self._look_up(*key))
            self.used.update(self._known[key])
        return self._known[key]

    def _look_up(self, exchange: str, routing_key: str) -> set[str]:
        if not exchange:
            return {routing_key}
        if exchange not in self._tables:
            self._tables[exchange] = self._channel.get_table(exchange)
        topic = self._channel.exchange_types["topic"]
        return set(topic.lookup(self._tables[exchange], exchange, routing_key, None))


def _pipelines(batch: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    some: list[Outgoing] = []
    some_bytes = 0
    for message in batch:
        some.append(message)
        some_bytes += len(message.body)
        if len(some) >= PIPELINE_MESSAGES or some_bytes >= PIPELINE_BYTES:
            yield some
            some, some_bytes = [], 0
    if some:
        yield some
