"""A publish as the bytes of its AMQP frames (AMQP 0-9-1 §2.3 and §4.2; properties §1.8, class basic)."""

import struct
from functools import lru_cache

from amqp import spec
from amqp.exceptions import FrameSyntaxError
from amqp.serialization import dumps

from workers.brokers.ports import Outgoing
from workers.brokers.rabbitmq.arrival import FrameType

#: Bytes around a frame's payload: type, channel, size before it, the end octet after it.
FRAME_OVERHEAD = 8
FRAME_END = b"\xce"

#: The routing and property strings have one length octet.
SHORT_STRING_BYTES = 255

MANDATORY = 1
PERSISTENT = 2

CONTENT_TYPE, HEADERS, DELIVERY_MODE, CORRELATION_ID = 0x8000, 0x2000, 0x1000, 0x0400
MESSAGE_ID, TIMESTAMP, TYPE, USER_ID = 0x0080, 0x0040, 0x0020, 0x0010

_HEADER_FRAME, _BODY_FRAME = int(FrameType.HEADER), int(FrameType.BODY)
_PERSISTENT = bytes((PERSISTENT,))
_ENVELOPE = struct.Struct(">BHI")
_METHOD = struct.Struct(">HHH")
_HEADER = struct.Struct(">HHQH")
_TIMESTAMP = struct.Struct(">Q")


class UnpublishableMessage(ValueError):
    """A message cannot be written as AMQP: a name is too long, or a header has a type that AMQP lacks."""


def publish_frames(message: Outgoing, channel: int, frame_max: int) -> list[bytes]:
    """Return one mandatory, persistent publish, as pieces to write: frames of method, header, and bodies.

    None is above `frame_max` bytes, as negotiated. Raises `UnpublishableMessage`.
    """
    method = _method(message.exchange, message.routing_key, channel)
    try:
        flags, properties = _properties(message)
    except (FrameSyntaxError, struct.error) as error:
        raise UnpublishableMessage(str(error)) from error
    header = _HEADER.pack(spec.Basic.CLASS_ID, 0, len(message.body), flags) + properties
    room = frame_max - FRAME_OVERHEAD
    if len(header) > room:
        raise UnpublishableMessage(f"the headers take {len(header)} bytes; a frame has room for {room}")
    begin = method + _frame(_HEADER_FRAME, channel, header)
    size = len(message.body)
    if 0 < size <= room:  # as nearly all are: one piece, copied once
        return [b"".join((begin, _ENVELOPE.pack(_BODY_FRAME, channel, size), message.body, FRAME_END))]
    bodies = [message.body[start : start + room] for start in range(0, size, room)]
    return [begin, *(_frame(_BODY_FRAME, channel, body) for body in bodies)]


@lru_cache(maxsize=1_000)
def _method(exchange: str, routing_key: str, channel: int) -> bytes:
    """Return the method frame: destinations are few."""
    names = _short(exchange) + _short(routing_key)
    method = _METHOD.pack(*spec.Basic.Publish, 0) + names + bytes((MANDATORY,))
    return _frame(FrameType.METHOD, channel, method)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _ENVELOPE.pack(kind, channel, len(payload)) + payload + FRAME_END


def _properties(message: Outgoing) -> tuple[int, bytes]:
    flags = CONTENT_TYPE | DELIVERY_MODE | MESSAGE_ID | TIMESTAMP | TYPE
    parts = [_word(message.content_type)]
    if message.headers:
        flags |= HEADERS
        parts.append(dumps("F", [message.headers]))
    parts.append(_PERSISTENT)
    if message.correlation_id:
        flags |= CORRELATION_ID
        parts.append(_short(message.correlation_id))
    parts += [_short(message.message_id), _TIMESTAMP.pack(message.timestamp), _word(message.type)]
    if message.user_id:
        flags |= USER_ID
        parts.append(_short(message.user_id))
    return flags, b"".join(parts)


@lru_cache(maxsize=1_000)
def _word(text: str) -> bytes:
    """Return a property of which there are few."""
    return _short(text)


def _short(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > SHORT_STRING_BYTES:
        raise UnpublishableMessage(f"{text[:40]!r}... is longer than {SHORT_STRING_BYTES} bytes")
    return bytes((len(encoded),)) + encoded
