"""Whatever is sent, intake goes on: each message is in the journal or a dead letter, and memory stays flat.

`make fuzz COUNT=100000 SEED=7` sends many; a failure prints the seed.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pytest
import redis
import structlog
from amqp.basic_message import Message
from kombu.connection import Connection

from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_limits import MIB, memory
from tests.support.hostile import Hostile, envelope, messages
from tests.support.world import World

COUNT = int(os.environ.get("WRITEOFF_FUZZ_COUNT", "600"))
SEED = int(os.environ.get("WRITEOFF_FUZZ_SEED", "1"))
#: Messages that are queued at a time.
SHARE = 2_000
#: What may stay in memory after the first share: caches that fill, and the allocator's own.
GROWTH_BYTES = 32 * MIB


@pytest.fixture
def logged() -> Iterator[Counter[str]]:
    """Counts log lines by event instead of writing them."""
    counts: Counter[str] = Counter()

    def count(_logger: object, _method: str, fields: dict[str, Any]) -> dict[str, Any]:
        counts[fields["event"]] += 1
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[count])
    yield counts
    structlog.configure(**before)


def to_rabbitmq(world: World, share: Iterable[Hostile]) -> int:
    """Publish below every client's manners, any property that AMQP can carry; return when all is confirmed.

    Without confirms RabbitMQ may lose what a quorum queue has not taken when the connection closes.
    """
    sent, acked = 0, set[int]()

    def count(delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's
        acked.update(range(delivery_tag + 1) if multiple else (delivery_tag,))

    with Connection(world.parts.broker_url.replace("amqp://", "pyamqp://")) as connection:
        channel = connection.default_channel
        channel.confirm_select()
        channel.events["basic_ack"].add(count)
        for each in share:
            message = Message(
                each.body, content_type=each.content_type, application_headers=dict(each.headers)
            )
            try:
                message._serialize_properties()
            except Exception:  # noqa: BLE001 - a deep table: py-amqp cannot send it, nor can we
                message = Message(each.body, content_type="application/json")
            channel.basic_publish(message, exchange="", routing_key=each.queue)
            sent += 1
        while len(acked - {0}) < sent:
            connection.drain_events(timeout=60)
    return sent


def to_redis(world: World, share: Iterable[Hostile]) -> int:
    """Push into the lists, past kombu."""
    sent = 0
    chance = random.Random(SEED)  # noqa: S311 - to be repeated
    with redis.Redis.from_url(world.parts.broker_url) as client, client.pipeline(transaction=False) as pipe:
        for each in share:
            pipe.lpush(each.queue, envelope(chance, each))
            sent += 1
        pipe.execute()
    return sent


@pytest.mark.parametrize("broker", ["rabbitmq", "redis"])
def test_nothing_that_is_sent_is_lost_or_stops_intake(
    broker: str, request: pytest.FixtureRequest, logged: Counter[str]
) -> None:
    opened: OpenWorld = request.getfixturevalue("open_rabbitmq" if broker == "rabbitmq" else "open_embedded")
    world = opened()
    send = to_rabbitmq if broker == "rabbitmq" else to_redis
    hostile = messages(SEED, COUNT)
    sent, held = 0, []
    while share := list(islice(hostile, SHARE)):
        sent += send(world, share)
        taken = 0
        while taken < len(share):
            done = world.intake._take(10.0).done
            assert done, f"seed {SEED}: {taken} of {len(share)} came"
            taken += done
        assert taken == len(share)
        held.append(memory())

    assert sent == COUNT
    assert world.depths() == {}
    [letters] = world.select("SELECT coalesce(sum(count), 0) AS n FROM dead_letters")
    journaled = world.count("inbox")
    assert journaled + letters["n"] == COUNT, f"seed {SEED}"
    assert journaled > COUNT / 10
    assert letters["n"] > COUNT / 2
    assert world.count("dead_letters", "reason = 'crashed-intake'") == 0, f"seed {SEED}"
    assert logged["writeoff.intake.broken"] == 0
    if len(held) > 2:
        assert held[-1] - max(held[:2]) < GROWTH_BYTES, f"seed {SEED}: {[each // MIB for each in held]} MiB"
    # For `make fuzz`: pytest keeps it back otherwise.
    sys.stdout.write(
        f"{broker}, seed {SEED}: {sent} sent, {journaled} journaled, {letters['n']} dead; "
        f"memory after each {SHARE}: {[each // MIB for each in held]} MiB\n"
    )
