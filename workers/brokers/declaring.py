"""A topology declared on an open kombu channel, of whichever broker."""

from collections.abc import Callable
from typing import Any

from kombu.entity import Exchange, Queue

from workers.brokers.topology import Topology


def declare_topology(
    channel: Any, topology: Topology, stays: Callable[[Exception], bool] = lambda _: False
) -> None:
    """Declare durable topic exchanges, durable queues and their bindings; what exists stays.

    `stays` tells whether an error means that the queue exists with other arguments: it is bound as it is.
    """
    for exchange in topology.exchanges:
        Exchange(exchange.name, type="topic", durable=True)(channel).declare()
    for queue in topology.queues:
        # Not `Queue.declare`: it binds the queue to an exchange of its own as well.
        wanted = Queue(queue.name, durable=True, queue_arguments=dict(queue.arguments))(channel)
        try:
            wanted.queue_declare()
        except Exception as error:
            if not stays(error):
                raise
        for binding in queue.bindings:
            channel.queue_bind(queue.name, binding.exchange.name, binding.routing_key)
