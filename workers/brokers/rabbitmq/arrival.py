"""py-amqp's frame handler, made safe against properties that cannot be read.

py-amqp raises out of its own handler on a content type that is not UTF-8, or on a header with a date in the
year 300,000. The connection breaks, the message comes again on the next one, and one bad message has stopped
a queue for good. Here such a message arrives with its properties as they came, for intake to set aside.
"""

import base64
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from amqp import spec
from amqp.basic_message import Message
from amqp.exceptions import AMQPError, UnexpectedFrame

#: The methods that a header and a body follow.
CONTENT_METHODS = frozenset({spec.Basic.Deliver, spec.Basic.Return, spec.Basic.GetOk})

#: Under this property, in base64, are the properties of a message that cannot be read.
UNREADABLE = "unreadable_properties"

#: What py-amqp's decoder has been seen to raise, or can.
DECODING_ERRORS = (AMQPError, ValueError, OverflowError, OSError, LookupError, TypeError, struct.error)

#: Handles one frame (type, channel, payload); true when a method is complete.
FrameHandler = Callable[[tuple[int, int, bytes]], bool]


class FrameType(IntEnum):
    """The frames of AMQP 0-9-1 §2.3.5."""

    METHOD = 1
    HEADER = 2
    BODY = 3
    HEARTBEAT = 8


class ArrivingMessage(Message):  # type: ignore[misc] # py-amqp has no types
    """A message whose properties may be unreadable, but never in the way."""

    def _load_properties(self, class_id: int, buf: bytes, offset: int) -> Any:
        try:
            return super()._load_properties(class_id, buf, offset)
        except DECODING_ERRORS:
            self.properties = {UNREADABLE: base64.b64encode(buf[offset:]).decode()}
            return len(buf)


def frame_handler(connection: Any, callback: Callable[..., Any]) -> FrameHandler:
    """Make the handler of a connection's frames: py-amqp's parameter of the same name.

    `callback(channel, method, arguments, message)` is called with each complete method.
    """
    expected: dict[int, FrameType] = {}
    partial: dict[int, ArrivingMessage] = {}

    def on_frame(frame: tuple[int, int, bytes]) -> bool:
        kind, channel, payload = frame
        connection.bytes_recv += 1  # py-amqp counts frames under this name, to see that the peer is alive
        if kind == FrameType.HEARTBEAT:
            return False
        if kind != expected.get(channel, FrameType.METHOD):
            raise UnexpectedFrame(f"frame of type {kind} on channel {channel}")
        if kind == FrameType.METHOD:
            signature = struct.unpack_from(">HH", payload)
            if signature in CONTENT_METHODS:
                # py-amqp's own empty body is a text
                partial[channel] = ArrivingMessage(body=b"", frame_method=signature, frame_args=payload)
                expected[channel] = FrameType.HEADER
                return False
            callback(channel, signature, payload, None)
            return True
        message = partial[channel]
        if kind == FrameType.HEADER:
            message.inbound_header(payload)
        else:
            message.inbound_body(payload)
        if not message.ready:
            expected[channel] = FrameType.BODY
            return False
        del partial[channel], expected[channel]
        callback(channel, message.frame_method, message.frame_args, message)
        return True

    return on_frame
