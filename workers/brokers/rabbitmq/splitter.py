"""Frames out of a stream of bytes (AMQP 0-9-1 §2.3.5)."""

import struct
from collections.abc import Iterator

from amqp.exceptions import UnexpectedFrame

_ENVELOPE = struct.Struct(">BHI")
_FRAME_END = 0xCE


class FrameSplitter:
    """Keeps what has arrived of the next frame.

    py-amqp reads each frame with three reads of exactly so many bytes, a timeout set around them: 24 system
    calls a message. One read of all that is there brings a hundred messages.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def split(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield the frames that `data` completes, as type, channel and payload. Raises `UnexpectedFrame`."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _ENVELOPE.size:
            kind, channel, size = _ENVELOPE.unpack_from(buffer, start)
            end = start + _ENVELOPE.size + size
            if end >= len(buffer):
                break
            if buffer[end] != _FRAME_END:
                raise UnexpectedFrame(f"a frame ends with {buffer[end]:#04x}")
            payload = bytes(buffer[start + _ENVELOPE.size : end])
            start = end + 1
            yield kind, channel, payload
        del buffer[:start]
