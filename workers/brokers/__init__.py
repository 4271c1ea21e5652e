"""Message brokers behind two ports: RabbitMQ, and Redis or Valkey, chosen by the URL's scheme."""

from workers.brokers.address import UnusableBrokerUrl
from workers.brokers.opening import connect_inbound, connect_outbound, declare, queue_depths
from workers.brokers.ports import (
    BrokerUnavailable,
    Delivery,
    InboundChannel,
    OutboundChannel,
    Outgoing,
    PublishResult,
    QueueDepth,
)
from workers.brokers.topology import Topology, contract_topology
from workers.brokers.upstream import InboundRefused, inbound_message, publish_inbound

__all__ = [
    "BrokerUnavailable",
    "Delivery",
    "InboundChannel",
    "InboundRefused",
    "OutboundChannel",
    "Outgoing",
    "PublishResult",
    "QueueDepth",
    "Topology",
    "UnusableBrokerUrl",
    "connect_inbound",
    "connect_outbound",
    "contract_topology",
    "declare",
    "inbound_message",
    "publish_inbound",
    "queue_depths",
]
