"""Frames as bytes, without a broker."""

import pytest
from amqp.basic_message import Message
from amqp.exceptions import UnexpectedFrame

from tests.integration.brokers.samples import outgoing
from workers.brokers.rabbitmq.arrival import FrameType
from workers.brokers.rabbitmq.frames import FRAME_OVERHEAD, publish_frames
from workers.brokers.rabbitmq.splitter import FrameSplitter

FRAME_MAX = 4_096


@pytest.mark.parametrize("piece", [1, 2, 7, 8, 9, 100, 4_096, 100_000])
def test_frames_are_the_same_however_they_arrive(piece: int) -> None:
    bodies = [b"x" * size for size in (0, 1, 9_000)]
    stream = b"".join(
        part for body in bodies for part in publish_frames(outgoing(1, body=body), 3, FRAME_MAX)
    )
    splitter = FrameSplitter()

    split = [
        one for start in range(0, len(stream), piece) for one in splitter.split(stream[start : start + piece])
    ]

    begin = [FrameType.METHOD, FrameType.HEADER]
    assert [kind for kind, _, _ in split] == [*begin, *begin, FrameType.BODY, *begin, *[FrameType.BODY] * 3]
    assert b"".join(payload for kind, _, payload in split if kind == FrameType.BODY) == b"".join(bodies)
    assert {channel for _, channel, _ in split} == {3}


def test_no_frame_is_larger_than_negotiated() -> None:
    stream = b"".join(publish_frames(outgoing(1, body=b"x" * 100_000), 1, FRAME_MAX))

    split = FrameSplitter().split(stream)

    assert max(len(payload) for _, _, payload in split) + FRAME_OVERHEAD == FRAME_MAX


def test_a_stream_out_of_step_is_an_error() -> None:
    with pytest.raises(UnexpectedFrame):
        list(FrameSplitter().split(b"\x08\0\0\0\0\0\0\xff"))


def test_py_amqp_reads_every_property() -> None:
    message = outgoing(1, correlation_id="because", headers={"ce-id": "1", "n": 2}, user_id="guest")
    stream = b"".join(publish_frames(message, 1, FRAME_MAX))
    [header] = [payload for kind, _, payload in FrameSplitter().split(stream) if kind == FrameType.HEADER]
    read = Message()

    read.inbound_header(header)

    assert read.body_size == len(message.body)
    assert read.properties == {
        "content_type": message.content_type,
        "application_headers": {"ce-id": "1", "n": 2},
        "delivery_mode": 2,
        "correlation_id": "because",
        "message_id": "message-1",
        "timestamp": message.timestamp,
        "type": message.type,
        "user_id": "guest",
    }
