"""What goes out: at least once, to the byte, and one destination that refuses holds up no other."""

import json
from typing import Any

import pytest
from kombu.connection import Connection

from messages.destinations import agency_destination
from tests.integration.flows.conftest import OpenWorld, stack_of
from tests.support import upstream
from tests.support.outcome import Messages, kinds, told
from tests.support.world import World
from workers import brokers


@pytest.fixture(params=["sqlite-valkey", "postgresql-rabbitmq"])
def stack(request: pytest.FixtureRequest) -> tuple[str, str]:
    """As embedded, and as in production."""
    return stack_of(request)


AGENCY = agency_destination("KIGALI-RECOVERY")
OTHERS = {"gl": 1, "letter": 1, "pulse.updates": 5, "to-do": 1}


def counts(messages: Messages) -> dict[str, int]:
    return {destination: len(list(received)) for destination, received in messages.items() if received}


def unbind(world: World, queue: str) -> None:
    """Take a queue away, as an operator might."""
    url = world.parts.broker_url
    with Connection(url) as connection:
        if url.startswith("amqp"):
            connection.channel().queue_delete(queue)
        else:
            client = connection.channel().client
            for key in client.keys("_kombu.binding.*"):
                gone = [member for member in client.smembers(key) if member.endswith(queue.encode())]
                if gone:
                    client.srem(key, *gone)


def connected(world: World) -> World:
    """Let the relay publish something, without any agency: it declares what is missing when it connects."""
    world.publish(upstream.account("RW-0"), upstream.request("WR-0", "RW-0", disposition="opt_out"))
    world.run()
    world.read()
    return world


def ready(world: World) -> World:
    """Do everything of one request but the publishing."""
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.take()
    world.settle()
    return world


def relay(world: World) -> None:
    while world.relay.step().done:
        pass


def test_a_destination_that_refuses_backs_off_alone_and_catches_up(world: World) -> None:
    unbind(ready(connected(world)), AGENCY)
    relay(world)
    assert counts(world.read()) == OTHERS
    waiting = world.select("SELECT destination FROM outbox")
    assert [row["destination"] for row in waiting] == [AGENCY]

    [troubled] = world.select("SELECT * FROM destinations WHERE failures > 0")
    assert troubled["destination"] == AGENCY
    assert "unroutable" in troubled["last_error"]
    assert troubled["retry_at"] is not None
    assert troubled["leased_until"] is None

    world.publish(upstream.account("RW-2", owed=100), upstream.request("WR-2", "RW-2"))
    world.take()
    world.settle()
    relay(world)
    assert counts(world.read()) == OTHERS | {agency_destination("VOLCANO-CREDIT"): 1}

    for _ in range(3):
        before = troubled["failures"]
        world.age(70)
        relay(world)
        [troubled] = world.select("SELECT * FROM destinations WHERE failures > 0")
        assert troubled["destination"] == AGENCY
        assert troubled["failures"] > before

    brokers.declare(world.parts.broker_url, world.parts.topology)
    relay(world)
    world.age(70)
    relay(world)
    assert kinds(world.read()) == {AGENCY: ["referral-placed"]}
    assert world.count("outbox") == 0
    assert world.count("destinations", "failures > 0 OR retry_at IS NOT NULL OR last_error IS NOT NULL") == 0


def test_the_pause_grows_with_each_refusal_and_is_bounded(embedded: World) -> None:
    unbind(ready(connected(embedded)), AGENCY)
    pauses: list[float] = []
    for _ in range(9):
        relay(embedded)
        [row] = embedded.select(
            "SELECT (julianday(retry_at) - julianday('now')) * 86400 AS seconds "
            f"FROM destinations WHERE destination = '{AGENCY}'"
        )
        pauses.append(round(row["seconds"]))
        embedded.age(70)
    assert pauses[0] <= 2
    assert pauses == sorted(pauses)
    assert 30 < pauses[-1] <= 60


def test_a_queue_that_is_full_refuses_alone_and_catches_up(open_rabbitmq: OpenWorld) -> None:
    world = ready(connected(open_rabbitmq()))
    unbind(world, AGENCY)
    short = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with Connection(world.parts.broker_url) as connection:
        channel = connection.channel()
        channel.queue_declare(AGENCY, durable=True, auto_delete=False, arguments=short)
        channel.queue_bind(AGENCY, "writeoff", "agency.KIGALI-RECOVERY.#")
    for number in (2, 3, 4, 5):
        world.publish(upstream.account(f"RW-{number}"), upstream.request(f"WR-{number}", f"RW-{number}"))
    world.take()
    world.settle()
    relay(world)
    assert world.select("SELECT DISTINCT destination FROM outbox") == [{"destination": AGENCY}]

    received: list[str] = []
    for _ in range(5):
        received += [each["account_id"] for each in told(world.read(), AGENCY)]
        world.age(70)
        relay(world)
    placed = world.select("SELECT account_id FROM referrals WHERE agency = 'KIGALI-RECOVERY'")
    assert len(received) == len(set(received))
    assert set(received) == {row["account_id"] for row in placed}
    assert world.count("outbox") == 0


def test_an_unavailable_broker_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(world)

    def away() -> Any:
        raise brokers.BrokerUnavailable("away")

    connect = world.relay._connect
    monkeypatch.setattr(world.relay, "_connect", away)
    with pytest.raises(brokers.BrokerUnavailable):
        world.relay.step()
    assert world.count("outbox") == 9
    assert world.count("destinations", "leased_until IS NOT NULL") == 0

    monkeypatch.setattr(world.relay, "_connect", connect)
    relay(world)
    assert counts(world.read()) == OTHERS | {AGENCY: 1}


def test_what_a_batch_is_not_certain_of_is_published_again_the_same_to_the_byte(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(world)
    url, topology = world.parts.broker_url, world.parts.topology

    class Cut:
        """Publishes everything, and is cut off when half of the confirms have come."""

        def publish(self, batch: list[brokers.Outgoing]) -> brokers.PublishResult:
            channel = brokers.connect_outbound(url, topology)
            confirmed = sorted(channel.publish(batch).confirmed)
            channel.close()
            raise brokers.BrokerUnavailable("cut", confirmed=frozenset(confirmed[: len(confirmed) // 2]))

        def close(self) -> None:
            """Nothing is open."""

    connect = world.relay._connect
    monkeypatch.setattr(world.relay, "_connect", Cut)
    with pytest.raises(brokers.BrokerUnavailable):
        world.relay.step()
    assert world.count("outbox") == 5

    monkeypatch.setattr(world.relay, "_connect", connect)
    relay(world)
    assert world.count("outbox") == 0
    received = [message for some in world.read().values() for message in some]
    assert len(received) == 9 + 5
    assert len({repr(message) for message in received}) == len({m["id"] for m in received}) == 9


def test_a_destination_that_another_relay_holds_is_left_to_it_until_its_lease_runs_out(
    open_world: OpenWorld,
) -> None:
    first, second = open_world(), open_world()
    ready(first)
    with first.database.begin() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE destinations SET token = '11111111-2222-5333-8444-555555555555', "
            "leased_until = '2099-01-01T00:00:00.000000+00:00' WHERE destination = 'gl'"
        )
    relay(second)
    assert {row["destination"] for row in first.select("SELECT destination FROM outbox")} == {"gl"}
    first.age(100 * 365 * 86_400)
    relay(first)
    relay(second)
    assert counts(first.read()) == OTHERS | {AGENCY: 1}


def test_the_properties_of_a_message_repeat_its_envelope(world: World) -> None:
    relay(ready(world))
    channel = brokers.connect_inbound(world.parts.broker_url, ["gl"])
    [delivery] = channel.take(10, 1 << 20, 5.0)
    channel.acknowledge([delivery])
    channel.close()
    envelope = json.loads(delivery.body)
    properties = delivery.properties
    assert delivery.content_type == "application/cloudevents+json"
    assert properties["message_id"] == envelope["id"]
    assert properties["correlation_id"] == envelope["correlationid"]
    assert properties["type"] == envelope["type"] == "writeoff.journal-posted.v1"
    assert str(properties["timestamp"])[:4].isdigit()
