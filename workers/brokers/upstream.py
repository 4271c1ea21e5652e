"""Messages published as upstream systems publish them: for the demo and for tests."""

import json
from collections.abc import Mapping
from time import time
from typing import Any, Literal
from uuid import uuid4

from messages.destinations import INBOUND, PULSE
from workers.brokers.opening import connect_outbound
from workers.brokers.ports import Outgoing
from workers.brokers.topology import Topology
from writeoff.errors import WriteoffError

STRUCTURED_TYPE = "application/cloudevents+json"

#: How the attributes of an event in binary mode are named as AMQP headers.
BINARY_PREFIX = "ce-"

Mode = Literal["structured", "binary"]


class InboundRefused(WriteoffError):
    """The broker did not take a message: no queue is bound for its type, or the queue is full."""

    def __init__(self, type_name: str, reason: str) -> None:
        super().__init__(f"{type_name} was refused: {reason}")
        self.type_name = type_name
        self.reason = reason


def publish_inbound(
    url: str, cloud_event: Mapping[str, Any], mode: Mode = "structured", *, user_id: str = ""
) -> None:
    """Publish one CloudEvent under its type, to the exchange that is bound to that key, and see it confirmed.

    An unknown type goes to `pulse`, and so nowhere. Raises `InboundRefused` and `BrokerUnavailable`.
    """
    message = inbound_message(cloud_event, mode, user_id=user_id)
    channel = connect_outbound(url, Topology())
    try:
        result = channel.publish([message])
    finally:
        channel.close()
    for reason in result.refused.values():
        raise InboundRefused(message.type, reason)


def inbound_message(cloud_event: Mapping[str, Any], mode: Mode, *, user_id: str = "") -> Outgoing:
    """Return a CloudEvent as the message that an upstream system would publish."""
    kind = str(cloud_event["type"])
    exchanges = {binding.routing_key: binding.exchange for queue in INBOUND for binding in queue.bindings}
    if mode == "structured":
        body, content_type, headers = dict(cloud_event), STRUCTURED_TYPE, {}
    else:
        body = cloud_event["data"]
        content_type = str(cloud_event.get("datacontenttype", "application/json"))
        headers = {
            BINARY_PREFIX + name: str(value)
            for name, value in cloud_event.items()
            if name not in {"data", "datacontenttype"}
        }
    return Outgoing(
        id=str(uuid4()),
        exchange=exchanges.get(kind, PULSE).name,
        routing_key=kind,
        body=json.dumps(body).encode(),
        content_type=content_type,
        message_id=str(cloud_event["id"]),
        type=kind,
        timestamp=int(time()),
        correlation_id=str(cloud_event.get("correlationid", "")),
        headers=headers,
        user_id=user_id,
    )
