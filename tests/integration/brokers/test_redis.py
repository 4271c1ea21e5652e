"""What only Redis does to its clients, and how far kombu's layout is kept."""

import json
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import pytest
import redis
from kombu.entity import Exchange as KombuExchange
from kombu.entity import Queue as KombuQueue
from kombu.messaging import Consumer, Producer

from proving.servers.valkey import Valkey
from tests.integration.brokers.conftest import OpenInbound
from tests.integration.brokers.samples import (
    EVENTS,
    MIB,
    TOPOLOGY,
    numbers,
    outgoing,
    plain_kombu,
    queue,
    take_until,
)
from workers.brokers import (
    BrokerUnavailable,
    InboundChannel,
    OutboundChannel,
    Topology,
    connect_inbound,
    connect_outbound,
    contract_topology,
    declare,
    queue_depths,
)
from workers.brokers.declaring import declare_topology

NOTHING_HELD = (0, 0)


@pytest.fixture
def broker_url(redis_url: str) -> str:
    return redis_url


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


class SocketValkey(Valkey):
    """Listens on a unix socket too, as the embedded server does."""

    def command(self) -> list[str]:
        return [*super().command(), "--unixsocket", f"{self.folder}/socket"]


def held(client: redis.Redis) -> tuple[int, int]:
    return client.hlen("unacked"), client.zcard("unacked_index")


def die(channel: InboundChannel) -> None:
    """Leave as a killed process leaves: without a word."""
    channel._link.close()  # type: ignore[attr-defined] # the port has no death


@pytest.mark.parametrize(
    "element", [b"no JSON \xff", b'"text"', b"[]", b"{}", b'{"properties": {}, "body": 7}', b""]
)
def test_an_element_that_is_no_envelope_is_delivered_as_it_is(
    inbound: OpenInbound, outbound: OutboundChannel, client: redis.Redis, element: bytes
) -> None:
    client.lpush("orders", element)
    outbound.publish([outgoing(2)])
    for _ in range(2):
        channel = inbound("orders")
        strange, usual = take_until(channel, 2)
        assert strange.body == element
        assert usual.properties["message_id"] == "message-2"
        channel.close()


def test_what_a_killed_consumer_held_comes_again_in_order(
    url: str, outbound: OutboundChannel, client: redis.Redis
) -> None:
    outbound.publish([outgoing(number) for number in range(10)])
    killed = connect_inbound(url, ["orders"])
    killed.acknowledge(take_until(killed, 10)[:3])
    die(killed)
    other = connect_inbound(url, ["orders"], visibility_seconds=1)

    assert other.take(10, MIB, wait_seconds=0) == []
    again = take_until(other, 7)

    assert numbers(again) == list(range(3, 10))
    assert {one.delivery_count for one in again} == {1}
    other.acknowledge(again)
    assert held(client) == NOTHING_HELD
    other.close()


def test_heartbeats_keep_what_is_held(url: str, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(1)])
    holder = connect_inbound(url, ["orders"], visibility_seconds=1)
    other = connect_inbound(url, ["orders"], visibility_seconds=1)
    taken = take_until(holder, 1)

    for _ in range(8):
        holder.heartbeat()
        assert other.take(1, MIB, wait_seconds=0.25) == []

    holder.acknowledge(taken)
    assert other.take(1, MIB, wait_seconds=1.5) == []
    holder.close()
    other.close()


def test_an_acknowledgement_after_the_message_went_to_another_takes_nothing_from_it(
    url: str, outbound: OutboundChannel, client: redis.Redis
) -> None:
    outbound.publish([outgoing(1)])
    slow, quick = connect_inbound(url, ["orders"]), connect_inbound(url, ["orders"], visibility_seconds=0.5)
    taken = take_until(slow, 1)
    sleep(0.6)
    again = take_until(quick, 1)

    slow.acknowledge(taken)

    assert held(client) == (1, 1)
    quick.acknowledge(again)
    assert held(client) == NOTHING_HELD
    slow.close()
    quick.close()


def test_kombu_itself_restores_what_a_killed_consumer_held(url: str, outbound: OutboundChannel) -> None:
    """The records are kombu's, so that nothing depends on a consumer of ours coming back."""
    outbound.publish([outgoing(1, content_type="application/json")])
    killed = connect_inbound(url, ["orders"])
    take_until(killed, 1)
    die(killed)
    sleep(1.1)
    seen: list[Any] = []

    with plain_kombu(url, visibility_timeout=1, unacked_restore_throttle=1) as connection:
        orders = KombuQueue("orders", no_declare=True)
        with Consumer(connection, [orders], on_message=seen.append, accept=["json"], auto_declare=False):
            while not seen:
                # kombu restores only while it waits for less than its own BRPOP does, a second
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.2)
        seen[0].ack()

    assert seen[0].payload == {"number": 1}
    assert queue_depths(url, ["orders"])["orders"].ready == 0


def test_what_kombu_holds_is_left_to_kombu(url: str, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(1)])
    with plain_kombu(url) as connection:
        message = None
        while message is None:
            message = connection.default_channel.basic_get("orders")
        sleep(0.2)
        ours = connect_inbound(url, ["orders"], visibility_seconds=0.1)
        assert ours.take(1, MIB, wait_seconds=0.3) == []
        ours.close()


def test_an_envelope_has_every_field_of_kombu_s_own(
    url: str, outbound: OutboundChannel, client: redis.Redis
) -> None:
    outbound.publish([outgoing(1, headers={"ce-id": "1"})])
    with plain_kombu(url) as connection:
        exchange = KombuExchange(EVENTS.name, type="topic")
        Producer(connection.default_channel, exchange=exchange).publish(
            b'{"number": 1}',
            routing_key="order.placed",
            content_type="application/cloudevents+json",
            content_encoding="binary",
            headers={"ce-id": "1"},
            message_id="message-1",
            type="order.placed.v1",
            timestamp=1_700_000_001,
        )
    theirs, ours = (json.loads(element) for element in client.lrange("orders", 0, -1))

    for envelope in (theirs, ours):
        envelope.pop("content-encoding")  # kombu insists on one; AMQP does not
        assert len(envelope["properties"].pop("delivery_tag")) == 36
    assert ours == theirs


def test_bindings_can_be_declared_again_after_redis_lost_them(
    outbound: OutboundChannel, client: redis.Redis
) -> None:
    outbound.declare()
    client.flushdb()
    assert set(outbound.publish([outgoing(1)]).refused) == {"1"}

    outbound.declare()

    assert outbound.publish([outgoing(2)]).confirmed == {"2"}


def test_a_queue_that_drops_its_oldest_keeps_its_length(redis_url: str) -> None:
    topology = Topology(
        exchanges=TOPOLOGY.exchanges,
        queues=(queue("notices", "notice.#", max_length=10, overflow="drop-head"),),
    )
    declare(redis_url, topology)
    publisher = connect_outbound(redis_url, topology)
    publisher.publish([outgoing(number, "notice.given") for number in range(25)])
    publisher.close()
    channel = connect_inbound(redis_url, ["notices"])

    assert numbers(take_until(channel, 10)) == list(range(15, 25))
    channel.close()


def test_a_full_redis_refuses_but_can_be_emptied(own_valkey: Valkey) -> None:
    declare(own_valkey.url(), TOPOLOGY)
    publisher = connect_outbound(own_valkey.url(), TOPOLOGY)
    assert publisher.publish([outgoing(1)]).confirmed == {"1"}
    with redis.Redis(port=own_valkey.port) as client:
        client.config_set("maxmemory", "1")

    result = publisher.publish([outgoing(2), outgoing(3)])
    publisher.close()

    assert set(result.refused) == {"2", "3"}
    assert "maxmemory" in result.refused["2"]
    for _ in range(2):
        consumer = connect_inbound(own_valkey.url(), ["orders"])
        assert numbers(take_until(consumer, 1)) == [1]
        consumer.close()


@pytest.mark.parametrize("scheme", ["unix", "redis+socket", "valkey+socket"])
@pytest.mark.parametrize("password", ["", "s3/cret@%"])
def test_a_unix_socket_will_do(scheme: str, password: str) -> None:
    with SocketValkey() as server:
        with redis.Redis(port=server.port) as client:
            client.config_set("requirepass", password)
        login = f":{quote(password, safe='')}@" if password else ""
        url = f"{scheme}://{login}{server.folder}/socket"
        declare(url, TOPOLOGY)
        publisher, consumer = connect_outbound(url, TOPOLOGY), connect_inbound(url, ["orders"])
        publisher.publish([outgoing(1)])
        taken = take_until(consumer, 1)
        consumer.acknowledge(taken)
        assert queue_depths(url, ["orders"])["orders"].ready == 0
        publisher.close()
        consumer.close()

    assert numbers(taken) == [1]


def test_a_server_that_is_not_there_is_unavailable_soon(own_valkey: Valkey) -> None:
    own_valkey.stop()

    started = monotonic()
    with pytest.raises(BrokerUnavailable):
        connect_outbound(own_valkey.url(), TOPOLOGY)

    assert monotonic() - started < 1


def test_depths_tell_what_is_held(url: str, inbound: OpenInbound, outbound: OutboundChannel) -> None:
    outbound.publish([outgoing(number) for number in range(5)])
    inbound("orders").take(3, MIB, wait_seconds=1)

    depth = queue_depths(url, ["orders"])["orders"]

    assert (depth.ready, depth.unacknowledged) == (2, 3)


def test_what_is_declared_in_one_round_trip_is_what_kombu_writes_one_by_one(
    redis_url: str, client: redis.Redis
) -> None:
    def written() -> dict[bytes, set[bytes]]:
        return {key: client.smembers(key) for key in client.scan_iter()}

    topology = contract_topology(["KIGALI-RECOVERY"])
    declare(redis_url, topology)
    at_once = written()
    client.flushdb()
    with plain_kombu(redis_url) as connection:
        declare_topology(connection.default_channel, topology)
    assert at_once == written()
    assert len(at_once) > len(topology.exchanges)
