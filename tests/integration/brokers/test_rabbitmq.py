"""What only RabbitMQ does to its clients."""

import json
import os
import signal
import struct
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic, sleep

import pytest

from proving.servers.rabbitmq import RabbitMQ
from tests.integration.brokers.conftest import OpenInbound
from tests.integration.brokers.samples import MIB, TOPOLOGY, numbers, outgoing, plain_kombu, queue, take_until
from workers.brokers import (
    BrokerUnavailable,
    OutboundChannel,
    Topology,
    connect_inbound,
    connect_outbound,
    contract_topology,
    declare,
    queue_depths,
)
from workers.brokers.address import BrokerAddress
from workers.brokers.rabbitmq.arrival import UNREADABLE
from workers.brokers.rabbitmq.inbound import RabbitInbound
from workers.brokers.rabbitmq.outbound import RabbitOutbound


@pytest.fixture
def broker_url(amqp_url: str) -> str:
    return amqp_url


@pytest.fixture
def impatient_rabbitmq(own_rabbitmq: RabbitMQ) -> Iterator[RabbitMQ]:
    """Wants a heartbeat every second."""
    own_rabbitmq.evaluate("application:set_env(rabbit, heartbeat, 1).")
    yield own_rabbitmq
    own_rabbitmq.evaluate("application:set_env(rabbit, heartbeat, 60).")


@pytest.fixture
def starved_rabbitmq(own_rabbitmq: RabbitMQ) -> Iterator[RabbitMQ]:
    """Has memory until it is told otherwise."""
    yield own_rabbitmq
    own_rabbitmq.evaluate('vm_memory_monitor:set_vm_memory_high_watermark({absolute, "1GB"}).')


#: A content type that is no text, and a header with a date that is none.
UNREADABLE_PROPERTIES = [
    struct.pack(">HB2s", 0x8000, 2, b"\xff\xfe"),
    struct.pack(">HIB4scQ", 0x2000, 14, 4, b"when", b"T", 2**60),
]


@pytest.mark.parametrize("properties", UNREADABLE_PROPERTIES)
def test_a_message_with_unreadable_properties_is_delivered(
    url: str, inbound: OpenInbound, outbound: OutboundChannel, properties: bytes
) -> None:
    """py-amqp breaks the connection on it, and on the next connection again."""
    with plain_kombu(url) as connection:
        channel = connection.default_channel
        method = b"\0\0\0" + bytes([6]) + b"orders" + b"\0"
        header = struct.pack(">HHQ", 60, 0, 4) + properties
        for kind, payload in ((1, struct.pack(">HH", 60, 40) + method), (2, header), (3, b"body")):
            frame = struct.pack(">BHI", kind, channel.channel_id, len(payload)) + payload + b"\xce"
            connection.connection.transport.write(frame)
        connection.connection.close()
    outbound.publish([outgoing(2)])

    strange, usual = take_until(inbound("orders"), 2)

    assert strange.body == b"body"
    assert UNREADABLE in strange.properties
    assert usual.properties["message_id"] == "message-2"


def test_bodies_around_the_largest_frame_arrive(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    """131,072 bytes are negotiated; eight of them are the frame's own."""
    sizes = [131_072 * times + more for times in (1, 2) for more in range(-20, 4)]
    outbound.publish([outgoing(size, body=b"." * size) for size in sizes])

    taken = take_until(inbound("orders"), len(sizes))

    assert [len(delivery.body) for delivery in taken] == sizes


def test_a_full_queue_refuses(amqp_url: str) -> None:
    full = Topology(
        exchanges=TOPOLOGY.exchanges,
        queues=(queue("small", "small.it", max_length=10, overflow="reject-publish"), *TOPOLOGY.queues),
    )
    declare(amqp_url, full)
    channel = connect_outbound(amqp_url, full)
    channel.publish([outgoing(number, "small.it") for number in range(50)])
    sleep(0.2)  # a quorum queue notices a little late that it is full

    result = channel.publish([outgoing(1, "small.it"), outgoing(2)])
    channel.close()

    assert result.confirmed == {"2"}
    assert "basic.nack" in result.refused["1"]


def test_what_amqp_cannot_carry_is_refused_alone(outbound: OutboundChannel) -> None:
    result = outbound.publish(
        [
            outgoing(1),
            outgoing(2, "order." + "x" * 300),
            outgoing(3, headers={"big": "x" * 200_000}),
            outgoing(4, headers={"odd": {1, 2}}),
            outgoing(5, timestamp=-1),
            outgoing(6),
        ]
    )

    assert result.confirmed == {"1", "6"}
    assert set(result.refused) == {"2", "3", "4", "5"}
    assert outbound.publish([outgoing(7)]).confirmed == {"7"}


def test_a_missing_exchange_breaks_the_channel(url: str, outbound: OutboundChannel) -> None:
    with pytest.raises(BrokerUnavailable, match="NOT_FOUND"):
        outbound.publish([outgoing(1, exchange="nowhere")])
    with pytest.raises(BrokerUnavailable):
        outbound.publish([outgoing(2)])

    again = connect_outbound(url, TOPOLOGY)
    assert again.publish([outgoing(3)]).confirmed == {"3"}
    again.close()


def test_a_broker_that_takes_nothing_is_unavailable_after_the_deadline(starved_rabbitmq: RabbitMQ) -> None:
    declare(starved_rabbitmq.url(), TOPOLOGY)
    channel = RabbitOutbound(BrokerAddress.of(starved_rabbitmq.url()), TOPOLOGY, confirm_seconds=1.0)
    assert channel.publish([outgoing(1)]).confirmed == {"1"}
    starved_rabbitmq.evaluate("vm_memory_monitor:set_vm_memory_high_watermark(0.00001).")
    sleep(1.5)

    started = monotonic()
    with pytest.raises(BrokerUnavailable) as raised:
        channel.publish([outgoing(number, body=b"." * MIB) for number in range(60)])

    assert monotonic() - started < 5
    assert len(raised.value.confirmed) < 60


def test_heartbeats_keep_what_is_held(impatient_rabbitmq: RabbitMQ) -> None:
    url = impatient_rabbitmq.url()
    declare(url, TOPOLOGY)
    publisher = connect_outbound(url, TOPOLOGY)
    publisher.publish([outgoing(number) for number in range(10)])
    patient, dead = connect_inbound(url, ["orders"], prefetch=5), connect_inbound(url, ["orders"], prefetch=5)
    kept, lost = take_until(patient, 5), take_until(dead, 5)

    for _ in range(24):
        sleep(0.25)
        patient.heartbeat()
        publisher.heartbeat()

    with pytest.raises(BrokerUnavailable):
        dead.heartbeat()
    patient.acknowledge(kept)
    again = take_until(patient, 5)
    assert sorted(numbers(again)) == sorted(numbers(lost))
    assert publisher.publish([outgoing(11)]).confirmed == {"11"}
    patient.close()
    publisher.close()


def test_a_silent_broker_is_given_up(impatient_rabbitmq: RabbitMQ) -> None:
    """Its machine answers, it does not: a socket alone would wait forever."""
    declare(impatient_rabbitmq.url(), TOPOLOGY)
    channel = connect_inbound(impatient_rabbitmq.url(), ["orders"])
    node = int((impatient_rabbitmq.folder / "rabbitmq.pid").read_text())
    os.kill(node, signal.SIGSTOP)
    try:
        with pytest.raises(BrokerUnavailable, match="silent"):
            channel.take(1, MIB, wait_seconds=10)
    finally:
        os.kill(node, signal.SIGCONT)


def test_a_deleted_queue_is_noticed(url: str, inbound: OpenInbound) -> None:
    channel = inbound("orders")
    with plain_kombu(url) as connection:
        connection.default_channel.queue_delete("orders")

    with pytest.raises(BrokerUnavailable):
        channel.take(1, MIB, wait_seconds=10)


def test_what_a_consumer_rejects_can_be_read_as_undelivered(amqp_url: str) -> None:
    topology = contract_topology([])
    declare(amqp_url, topology)
    publisher = connect_outbound(amqp_url, topology)
    publisher.publish([outgoing(1, "letter.requested", exchange="writeoff")])
    publisher.close()
    with plain_kombu(amqp_url) as connection:
        message = None
        while message is None:
            message = connection.default_channel.basic_get("letter")
        connection.default_channel.basic_reject(message.delivery_tag, requeue=False)

    channel = connect_inbound(amqp_url, ["writeoff.undelivered"])
    (delivery,) = take_until(channel, 1)
    channel.close()

    assert json.loads(json.dumps(delivery.headers))["x-first-death-queue"] == "letter"


def test_no_more_is_read_than_the_caller_has_room_for(url: str, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(number, body=b"." * MIB) for number in range(100)])
    channel = RabbitInbound(BrokerAddress.of(url), ["orders"], prefetch=100)

    assert 1 <= len(channel.take(100, 10 * MIB, wait_seconds=10)) <= 10
    for _ in range(5):
        channel.heartbeat()

    assert channel._arrived_bytes <= 65 * MIB
    channel.close()


def test_a_set_that_was_sent_but_never_taken_counts_as_delivered(
    inbound: OpenInbound, outbound: OutboundChannel
) -> None:
    """So the count proves no crash: it also rises for what an orderly stop gives back."""
    outbound.publish([outgoing(1)])
    idle = inbound("orders")
    sleep(0.5)
    idle.close()

    (delivery,) = take_until(inbound("orders"), 1)

    assert delivery.delivery_count == 1


def test_rabbitmq_vouches_for_the_publisher(url: str, inbound: OpenInbound) -> None:
    for user_id in ("guest", "somebody"):
        channel = connect_outbound(url, TOPOLOGY)
        with suppress(BrokerUnavailable):
            channel.publish([outgoing(1, user_id=user_id)])
        channel.close()

    (delivery,) = take_until(inbound("orders"), 1)

    assert delivery.properties["user_id"] == "guest"


def test_a_queue_that_is_not_there_has_no_depth(url: str) -> None:
    depths = queue_depths(url, ["nowhere", "orders"])

    assert depths["nowhere"].ready is None
    assert depths["orders"].ready == 0
