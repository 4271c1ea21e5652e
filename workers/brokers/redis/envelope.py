"""kombu's JSON envelope: the message as it lies in a Redis list."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from kombu.utils.json import dumps, loads

from workers.brokers.plain import plain
from workers.brokers.ports import Delivery, Outgoing

#: Parts of an envelope's properties that are kombu's own and no property of the message.
KOMBU_PROPERTIES = frozenset({"body_encoding", "delivery_info", "delivery_tag"})

#: Where a restored message says how often it was handed out; kombu itself only says that it was.
DELIVERY_COUNT = "delivery_count"

#: What reading an envelope that is none can raise. Depth: JSON nests at will.
ENVELOPE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)

PERSISTENT = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Handle:
    """What a channel needs to acknowledge a message that it took: the record's tag."""

    channel: object
    tag: str


def sealed(message: Outgoing) -> bytes:
    """Return the envelope of a message, as kombu's own producer writes it."""
    properties: dict[str, Any] = {
        "message_id": message.message_id,
        "type": message.type,
        "timestamp": message.timestamp,
        "delivery_mode": PERSISTENT,
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
        "delivery_info": {"exchange": message.exchange, "routing_key": message.routing_key},
    }
    if message.correlation_id:
        properties["correlation_id"] = message.correlation_id
    if message.user_id:
        properties["user_id"] = message.user_id
    envelope = {
        "body": base64.b64encode(message.body).decode(),
        "content-encoding": None,
        "content-type": message.content_type,
        "headers": dict(message.headers),
        "properties": properties,
    }
    text: str = dumps(envelope)
    return text.encode()


def opened(item: bytes, queue: str, token: Handle) -> Delivery:
    """Return what a list element holds. One that is no envelope is delivered as it is, without a type."""
    try:
        return _opened(item, queue, token)
    except ENVELOPE_ERRORS:
        return Delivery(
            queue=queue,
            body=item,
            content_type="",
            headers={},
            properties={},
            redelivered=False,
            delivery_count=0,
            token=token,
        )


def returned(item: bytes) -> bytes:
    """Return the envelope as it goes back into its list: handed out once more. What is none stays."""
    try:
        _ = _opened(item, "", Handle(channel=None, tag=""))
        envelope = json.loads(item)
        delivery_info = envelope["properties"].setdefault("delivery_info", {})
        delivery_info["redelivered"] = True
        delivery_info[DELIVERY_COUNT] = int(delivery_info.get(DELIVERY_COUNT, 0)) + 1
        return json.dumps(envelope).encode()
    except ENVELOPE_ERRORS:
        return item


def _opened(item: bytes, queue: str, token: Handle) -> Delivery:
    envelope = loads(item)
    properties = envelope["properties"]
    delivery_info = properties.get("delivery_info") or {}
    redelivered = bool(delivery_info.get("redelivered"))
    headers = dict(envelope.get("headers") or {})
    if redelivered:
        headers.pop("redelivered", None)  # kombu's own mark, beside the one in `delivery_info`
    shown = {name: value for name, value in properties.items() if name not in KOMBU_PROPERTIES}
    if envelope.get("content-encoding"):
        shown["content_encoding"] = envelope["content-encoding"]
    return Delivery(
        queue=queue,
        body=_body(envelope.get("body"), properties.get("body_encoding")),
        content_type=str(envelope.get("content-type") or ""),
        headers=plain(headers),
        properties=plain(shown),
        redelivered=redelivered,
        delivery_count=int(delivery_info.get(DELIVERY_COUNT, redelivered)),
        token=token,
    )


def _body(body: Any, encoding: str | None) -> bytes:
    match body, encoding:
        case None, _:
            return b""
        case str(), "base64":
            return base64.b64decode(body)
        case str(), _:
            return body.encode()
        case _:
            raise TypeError("the body is no text")
