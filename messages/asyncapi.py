"""The AsyncAPI 3.0 document: a channel for each routing key, with its message and its operation.

`receive` and `send` are said from this product's side, as AsyncAPI 3.0 does. The queue that a channel
ends in stands in `x-queue`, because the AMQP binding describes either a routing key or a queue.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from messages import inbound, outbound, shapes
from messages.destinations import DEAD, DEAD_LETTER, DEAD_LETTERS, INBOUND, WRITEOFF

_REFERENCES: Final = "#/components/schemas/{name}"
_AMQP_BINDING_VERSION: Final = "0.3.0"
#: What stands in braces in a routing key.
_PARAMETERS: Final = {
    "agency": {"description": "An agency's code in capitals, such as KIGALI-RECOVERY."},
    "origin": {
        "description": "The queue that the message came from.",
        "enum": [queue.name for queue in INBOUND],
    },
}


class _Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One message type, and the way it takes."""

    type_name: str
    action: Literal["receive", "send"]
    exchange: str
    routing_key: str
    queue: str
    shape: shapes.Shape


def document() -> dict[str, Any]:
    """Give the whole document."""
    channels = [*_inbound(), *_outbound()]
    schemas: dict[str, Any] = {}
    for each in channels:
        schemas |= each.shape.definitions
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Write-off worker",
            "version": "1.0.0",
            "description": "What the write-off worker receives and sends: CloudEvents 1.0 over AMQP 0-9-1.",
        },
        "defaultContentType": outbound.CONTENT_TYPE,
        "channels": {each.type_name: _channel(each) for each in channels},
        "operations": {f"{each.action}.{each.type_name}": _operation(each) for each in channels},
        "components": {
            "messages": {each.type_name: _message(each) for each in channels},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _inbound() -> Iterator[_Channel]:
    for queue in INBOUND:
        for binding in queue.bindings:
            yield _Channel(
                type_name=binding.routing_key,  # publishers route by the type's name
                action="receive",
                exchange=binding.exchange.name,
                routing_key=binding.routing_key,
                queue=queue.name,
                shape=shapes.received(inbound.TYPES[binding.routing_key], _REFERENCES),
            )


def _outbound() -> Iterator[_Channel]:
    for kind in outbound.TYPES.values():
        is_notice = kind.outlet.destination == DEAD_LETTER
        yield _Channel(
            type_name=kind.name,
            action="send",
            exchange=DEAD.name if is_notice else WRITEOFF.name,
            routing_key=kind.outlet.routing_key,
            queue=DEAD_LETTERS.name if is_notice else kind.outlet.destination,
            shape=shapes.sent(kind.struct, _REFERENCES),
        )


def _channel(channel: _Channel) -> dict[str, Any]:
    exchange = {"name": channel.exchange, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"}
    described: dict[str, Any] = {
        "address": channel.routing_key,
        "messages": {channel.type_name: {"$ref": f"#/components/messages/{channel.type_name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": exchange,
                "bindingVersion": _AMQP_BINDING_VERSION,
            }
        },
        "x-queue": channel.queue,
    }
    parameters = {name: text for name, text in _PARAMETERS.items() if f"{{{name}}}" in channel.routing_key}
    return described | ({"parameters": parameters} if parameters else {})


def _operation(channel: _Channel) -> dict[str, Any]:
    reference = f"#/channels/{channel.type_name}"
    return {
        "action": channel.action,
        "channel": {"$ref": reference},
        "summary": _summary(channel),
        "messages": [{"$ref": f"{reference}/messages/{channel.type_name}"}],
    }


def _message(channel: _Channel) -> dict[str, Any]:
    return {
        "name": channel.type_name,
        "title": channel.type_name,
        "summary": _summary(channel),
        "contentType": outbound.CONTENT_TYPE,
        "payload": channel.shape.schema,
    }


def _summary(channel: _Channel) -> str:
    return str(channel.shape.schema["description"]).partition("\n")[0]
