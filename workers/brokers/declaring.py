"""A topology declared on an open kombu channel, of whichever broker."""

from typing import Any

from kombu.entity import Exchange, Queue

from workers.brokers.topology import Topology


def declare_topology(channel: Any, topology: Topology) -> None:
    """Declare durable topic exchanges, durable queues and their bindings; what exists stays."""
    for exchange in topology.exchanges:
        Exchange(exchange.name, type="topic", durable=True)(channel).declare()
    for queue in topology.queues:
        # Not `Queue.declare`: it binds the queue to an exchange of its own as well.
        Queue(queue.name, durable=True, queue_arguments=dict(queue.arguments))(channel).queue_declare()
        for binding in queue.bindings:
            channel.queue_bind(queue.name, binding.exchange.name, binding.routing_key)
