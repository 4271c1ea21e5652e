"""What the worker relies on, held against every broker in the same words."""

import itertools
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from kombu.entity import Queue as KombuQueue
from kombu.messaging import Consumer, Producer

from messages.destinations import EXCHANGES, INBOUND
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.integration.brokers.conftest import OpenInbound
from tests.integration.brokers.samples import (
    MIB,
    TOPOLOGY,
    numbers,
    outgoing,
    plain_kombu,
    take_until,
)
from workers.brokers import (
    BrokerUnavailable,
    InboundRefused,
    OutboundChannel,
    UnusableBrokerUrl,
    connect_inbound,
    connect_outbound,
    contract_topology,
    declare,
    publish_inbound,
    queue_depths,
)

ALL_BYTES = bytes(range(256))


# What arrives


def test_a_message_arrives_as_it_was_published(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    headers = {
        "ce-id": "1",
        "ce-source": "/pulse",
        "cloudEvents:opco": "rw",
        "count": 7,
        "deep": {"of": ["it", True]},
    }
    sent = outgoing(1, body=ALL_BYTES, correlation_id="because", headers=headers, content_type="text/ö")
    outbound.publish([sent])

    (delivery,) = take_until(inbound("orders"), 1)

    assert delivery.queue == "orders"
    assert delivery.body == ALL_BYTES
    assert delivery.content_type == "text/ö"
    assert delivery.headers == headers
    assert delivery.properties["message_id"] == "message-1"
    assert delivery.properties["correlation_id"] == "because"
    assert delivery.properties["type"] == "order.placed.v1"
    assert delivery.properties["timestamp"] == 1_700_000_001
    assert (delivery.redelivered, delivery.delivery_count) == (False, 0)


def test_a_body_of_11_mb_arrives(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    body = ALL_BYTES * (11_000_000 // 256)
    outbound.publish([outgoing(1, body=body), outgoing(2)])

    big, small = take_until(inbound("orders"), 2)

    assert big.body == body
    assert small.body == b'{"number": 2}'


def test_an_empty_body_arrives(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(1, body=b"")])

    (delivery,) = take_until(inbound("orders"), 1)

    assert delivery.body == b""


@pytest.mark.parametrize(
    "content_type", ["application/x-python-serialize", "application/json", "nonsense", None]
)
@pytest.mark.parametrize("content_encoding", ["utf-8", "utf-16", "binary", "nonsense"])
def test_nothing_is_decoded(url: str, inbound: OpenInbound, content_type: str, content_encoding: str) -> None:
    """Nor decompressed: a few bytes may hold a gigabyte."""
    with plain_kombu(url) as connection:
        message = connection.default_channel.prepare_message(
            b"\xff no JSON",
            content_type=content_type,
            content_encoding=content_encoding,
            headers={"compression": "application/x-gzip"},
        )
        connection.default_channel.basic_publish(message, exchange="", routing_key="orders")

    (delivery,) = take_until(inbound("orders"), 1)

    assert delivery.body == b"\xff no JSON"
    assert delivery.content_type == (content_type or "")
    assert delivery.headers["compression"] == "application/x-gzip"


def test_what_any_kombu_producer_publishes_arrives(url: str, inbound: OpenInbound) -> None:
    with plain_kombu(url) as connection:
        Producer(connection.default_channel).publish(
            {"number": 1}, routing_key="orders", headers={"ce-id": "1"}, message_id="message-1", priority=5
        )

    (delivery,) = take_until(inbound("orders"), 1)

    assert delivery.body == b'{"number": 1}'
    assert delivery.content_type == "application/json"
    assert delivery.headers == {"ce-id": "1"}
    assert delivery.properties["message_id"] == "message-1"


def test_any_kombu_consumer_reads_what_is_published(url: str, outbound: OutboundChannel) -> None:
    outbound.publish(
        [outgoing(1, content_type="application/json", headers={"ce-id": "1"}, correlation_id="because")]
    )
    seen: list[Any] = []

    with plain_kombu(url) as connection:
        orders = KombuQueue("orders", no_declare=True)
        with Consumer(connection, [orders], on_message=seen.append, accept=["json"], auto_declare=False):
            connection.drain_events(timeout=10)
        (message,) = seen
        message.ack()

    assert message.payload == {"number": 1}
    assert message.headers == {"ce-id": "1"}
    assert message.properties["message_id"] == "message-1"
    assert message.properties["correlation_id"] == "because"
    assert message.delivery_info["routing_key"] == "order.placed"


# Sets


def test_take_returns_what_has_arrived_without_waiting_for_more(
    inbound: OpenInbound, outbound: OutboundChannel
) -> None:
    channel = inbound("orders", "invoices")
    outbound.publish([outgoing(number) for number in range(300)])
    outbound.publish([outgoing(number, "invoice.sent") for number in range(300)])
    sleep(0.5)

    started = monotonic()
    taken = channel.take(1_000, 64 * MIB, wait_seconds=10)

    assert monotonic() - started < 2
    assert len(taken) == 600


def test_each_queue_keeps_its_order(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    outbound.publish(
        [outgoing(number, ("order.placed", "invoice.sent")[number % 2]) for number in range(400)]
    )

    taken = take_until(inbound("orders", "invoices"), 400)

    assert numbers([one for one in taken if one.queue == "orders"]) == list(range(0, 400, 2))
    assert numbers([one for one in taken if one.queue == "invoices"]) == list(range(1, 400, 2))


def test_a_set_ends_at_its_limits(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    channel = inbound("orders")
    outbound.publish([outgoing(number, body=b"." * 10_000) for number in range(25)])
    sleep(0.5)

    assert numbers(channel.take(10, 64 * MIB, wait_seconds=5)) == list(range(10))
    assert 1 <= len(channel.take(10, 25_000, wait_seconds=5)) <= 3
    assert len(channel.take(10, 1, wait_seconds=5)) == 1


def test_take_without_waiting_returns_what_is_there(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    channel = inbound("orders")
    assert channel.take(10, MIB, wait_seconds=0) == []
    outbound.publish([outgoing(1)])
    sleep(0.5)

    assert len(channel.take(10, MIB, wait_seconds=0)) == 1


def test_take_gives_up_after_its_time(inbound: OpenInbound) -> None:
    channel = inbound("orders")

    started = monotonic()

    assert channel.take(10, MIB, wait_seconds=0.3) == []
    assert 0.25 < monotonic() - started < 2


def test_take_returns_as_soon_as_a_message_comes(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    channel = inbound("orders")
    threading.Timer(0.3, outbound.publish, [[outgoing(1)]]).start()

    started = monotonic()

    assert len(channel.take(10, MIB, wait_seconds=10)) == 1
    assert monotonic() - started < 2


def test_a_busy_queue_does_not_starve_another(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    channel = inbound("orders", "invoices")
    outbound.publish([outgoing(number) for number in range(1_000)])
    outbound.publish([outgoing(0, "invoice.sent")])
    sleep(0.5)

    queues = [one.queue for _ in range(12) for one in channel.take(100, 64 * MIB, wait_seconds=1)]

    assert "invoices" in queues


# Acknowledging


def test_what_is_not_acknowledged_comes_again(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(number) for number in range(10)])
    for attempt in range(3):
        channel = inbound("orders")
        taken = take_until(channel, 10)
        assert numbers(taken) == list(range(10))
        assert {one.redelivered for one in taken} == {attempt > 0}
        assert {one.delivery_count for one in taken} == {attempt}
        channel.close()


def test_what_is_acknowledged_does_not_come_again(
    url: str, inbound: OpenInbound, outbound: OutboundChannel
) -> None:
    outbound.publish([outgoing(number) for number in range(10)])
    first = inbound("orders")
    taken = take_until(first, 10)
    first.acknowledge([taken[7], taken[1], taken[0], taken[4]])
    first.acknowledge([taken[2], taken[0]])
    first.acknowledge([])
    first.close()

    second = inbound("orders")
    again = take_until(second, 5)
    assert numbers(again) == [3, 5, 6, 8, 9]

    second.acknowledge(again)
    second.close()
    assert inbound("orders").take(10, MIB, wait_seconds=0.5) == []
    assert queue_depths(url, ["orders"])["orders"].ready == 0


def test_a_delivery_of_another_channel_cannot_be_acknowledged(
    inbound: OpenInbound, outbound: OutboundChannel
) -> None:
    """Its number means another message here."""
    outbound.publish([outgoing(1), outgoing(2)])
    first = inbound("orders")
    taken = take_until(first, 2)
    first.close()
    second = inbound("orders")
    take_until(second, 2)

    with pytest.raises(ValueError, match="channel that it came from"):
        second.acknowledge(taken)


def test_a_closed_channel_is_unavailable(inbound: OpenInbound, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(1)])
    channel = inbound("orders")
    taken = take_until(channel, 1)
    channel.close()
    channel.close()
    outbound.close()
    outbound.close()

    for use in (
        lambda: channel.take(1, 1, 0.1),
        lambda: channel.acknowledge(taken),
        channel.heartbeat,
        lambda: outbound.publish([outgoing(2)]),
        outbound.declare,
        outbound.heartbeat,
    ):
        with pytest.raises(BrokerUnavailable, match="closed"):
            use()


# Publishing


def test_every_message_of_a_large_batch_is_confirmed_and_there(
    url: str, inbound: OpenInbound, outbound: OutboundChannel
) -> None:
    batch = [outgoing(number) for number in range(2_500)]

    result = outbound.publish(batch)

    assert result.confirmed == {message.id for message in batch}
    assert result.refused == {}
    assert queue_depths(url, ["orders"])["orders"].ready == 2_500
    channel = inbound("orders")
    taken: list[int] = []
    while len(taken) < 2_500:
        some = take_until(channel, 1)
        channel.acknowledge(some)
        taken += numbers(some)
    assert taken == list(range(2_500))


def test_nothing_to_publish_is_nothing(outbound: OutboundChannel) -> None:
    result = outbound.publish([])

    assert (result.confirmed, result.refused) == (frozenset(), {})


def test_what_no_queue_is_bound_for_is_refused_alone(outbound: OutboundChannel) -> None:
    batch = [outgoing(number, ("order.placed", "order.lost")[number % 2]) for number in range(100)]

    for _ in range(2):
        result = outbound.publish(batch)

        assert result.confirmed == {str(number) for number in range(0, 100, 2)}
        assert set(result.refused) == {str(number) for number in range(1, 100, 2)}
        assert "unroutable" in result.refused["1"]


def test_a_topic_reaches_every_queue_that_is_bound_to_it(url: str, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(1, "shop.kigali.placed"), outgoing(2, "shop.kigali.changed")])

    depths = queue_depths(url, ["everything-of-shop", "placed-in-shop", "orders"])

    assert {name: depth.ready for name, depth in depths.items()} == {
        "everything-of-shop": 2,
        "placed-in-shop": 1,
        "orders": 0,
    }


def test_ids_of_a_batch_must_differ(outbound: OutboundChannel) -> None:
    with pytest.raises(ValueError, match="same id"):
        outbound.publish([outgoing(1), outgoing(1)])


def test_two_messages_with_one_message_id_are_told_apart(outbound: OutboundChannel) -> None:
    twins = [outgoing(1, id="a"), outgoing(1, id="b"), outgoing(1, "order.lost", id="c")]

    result = outbound.publish(twins)

    assert result.confirmed == {"a", "b"}
    assert set(result.refused) == {"c"}


# Topology


def test_the_topology_of_the_contract_can_be_declared_again(broker_url: str) -> None:
    topology = contract_topology(["BA-1"])
    declare(broker_url, topology)
    declare(broker_url, topology)
    channel = connect_outbound(broker_url, topology)
    channel.declare()

    keys = [
        "letter.requested",
        "agency.BA-1.referral-placed",
        "agency.BA-2.referral-placed",
        "gl.journal-posted",
    ]
    result = channel.publish([outgoing(n, key, exchange="writeoff") for n, key in enumerate(keys)])
    channel.close()

    assert result.confirmed == {"0", "1", "3"}
    assert set(result.refused) == {"2"}
    assert queue_depths(broker_url, ["agency.BA-1"])["agency.BA-1"].ready == 1
    assert {exchange.name for exchange in topology.exchanges} == {exchange.name for exchange in EXCHANGES}


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_an_upstream_event_reaches_its_queue(broker_url: str, mode: str) -> None:
    declare(broker_url, contract_topology([]))
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/agencies/BA-1",
        "type": "agency.referral-replied.v1",
        "opco": "rw",
        "datacontenttype": "application/json",
        "data": {"reply": "accepted"},
    }
    publish_inbound(broker_url, event, "structured" if mode == "structured" else "binary")

    channel = connect_inbound(broker_url, [queue.name for queue in INBOUND])
    (delivery,) = take_until(channel, 1)
    channel.close()

    assert delivery.queue == "writeoff.replies"
    if mode == "structured":
        assert delivery.content_type == "application/cloudevents+json"
        assert b'"source": "/agencies/BA-1"' in delivery.body
    else:
        assert delivery.content_type == "application/json"
        assert delivery.body == b'{"reply": "accepted"}'
        assert delivery.headers["ce-source"] == "/agencies/BA-1"
        assert "ce-datacontenttype" not in delivery.headers


def test_an_upstream_event_that_reaches_nobody_is_an_error(broker_url: str) -> None:
    declare(broker_url, contract_topology([]))

    with pytest.raises(InboundRefused):
        publish_inbound(broker_url, {"id": "1", "type": "pulse.unheard-of.v1", "data": {}})


def test_depths_count_what_waits(url: str, inbound: OpenInbound, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(number) for number in range(5)])

    depths = queue_depths(url, ["orders", "invoices", "nowhere"])

    assert depths["orders"].ready == 5
    assert depths["invoices"].ready == 0
    assert not depths["nowhere"].ready


# Failures


def test_a_server_that_is_not_there_is_unavailable(own_broker: RabbitMQ | Valkey) -> None:
    own_broker.stop()
    url = own_broker.url().replace("guest:guest@", "guest:s3cret@")

    for connect in (
        lambda: connect_inbound(url, ["orders"]),
        lambda: connect_outbound(url, TOPOLOGY),
        lambda: declare(url, TOPOLOGY),
        lambda: queue_depths(url, ["orders"]),
    ):
        with pytest.raises(BrokerUnavailable) as raised:
            connect()
        assert "s3cret" not in str(raised.value)
        assert str(own_broker.port) in str(raised.value)


def test_what_was_confirmed_survives_a_killed_broker(own_broker: RabbitMQ | Valkey) -> None:
    """And nothing else is reported as confirmed, wherever in a batch the kill strikes."""
    url = own_broker.url()
    declare(url, TOPOLOGY)
    channel = connect_outbound(url, TOPOLOGY)
    confirmed: set[str] = set()
    killer = threading.Timer(1.0, own_broker.kill)
    killer.start()
    for first in itertools.count(step=5_000):
        batch = [outgoing(number, id=f"message-{number}") for number in range(first, first + 5_000)]
        try:
            confirmed |= channel.publish(batch).confirmed
        except BrokerUnavailable as error:
            confirmed |= error.confirmed
            break
    killer.join()
    with pytest.raises(BrokerUnavailable):
        channel.publish([outgoing(0)])

    own_broker.start()
    there: set[str] = set()
    reader = connect_inbound(url, ["orders"])
    while some := reader.take(1_000, 64 * MIB, wait_seconds=2):
        there |= {one.properties["message_id"] for one in some}
        reader.acknowledge(some)
    reader.close()

    assert confirmed
    assert confirmed <= there


def test_what_was_taken_before_the_broker_died_comes_again(own_broker: RabbitMQ | Valkey) -> None:
    url = own_broker.url()
    declare(url, TOPOLOGY)
    publisher = connect_outbound(url, TOPOLOGY)
    publisher.publish([outgoing(number) for number in range(100)])
    channel = connect_inbound(url, ["orders"])
    taken = take_until(channel, 100)
    channel.acknowledge(taken[:40])
    channel.heartbeat()

    own_broker.kill()
    with pytest.raises(BrokerUnavailable):
        channel.take(10, MIB, wait_seconds=5)
    channel.close()
    own_broker.start()

    again = take_until(connect_inbound(url, ["orders"], visibility_seconds=2), 60)
    assert set(numbers(again)) >= set(range(40, 100))


def test_killed_consumers_lose_nothing(url: str, outbound: OutboundChannel, tmp_path: Path) -> None:
    """Wherever in a take or an acknowledgement the kill strikes."""
    outbound.publish([outgoing(number) for number in range(20_000)])
    notes = tmp_path / "notes"
    for reading_seconds in (0.1, 0.05, 0.02, 0.01, 0.005, 0.03):
        before = notes.stat().st_size if notes.exists() else 0
        reader = subprocess.Popen([sys.executable, "-m", "tests.integration.brokers.reader", url, str(notes)])
        while not notes.exists() or notes.stat().st_size == before:
            assert reader.poll() is None
            sleep(0.001)
        sleep(reading_seconds)
        reader.kill()
        reader.wait()
    seen = {int(line) for line in notes.read_text().split()}
    assert 0 < len(seen) < 20_000

    last = connect_inbound(url, ["orders"], visibility_seconds=1)
    sleep(1.2)
    while some := last.take(1_000, 64 * MIB, wait_seconds=2):
        seen.update(numbers(some))
        last.acknowledge(some)
    last.close()

    assert seen == set(range(20_000))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://guest:s3cret@localhost",
        "amqp://guest:s3#cret:1@x:y/",
        "amqp://u:53#1@x/",
        "redis://u:53/1@x/0",
        "redis://u:53?1@x/0",
    ],
)
def test_an_unusable_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(UnusableBrokerUrl) as raised:
        connect_inbound(url, ["orders"])

    assert "s3" not in str(raised.value)
    assert "53" not in str(raised.value)
