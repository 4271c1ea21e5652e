"""A small topology, messages for it, and clients that are not ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from kombu.connection import Connection

from messages.destinations import Binding, Exchange, Queue
from workers.brokers import Delivery, InboundChannel, Outgoing, Topology

MIB = 1024 * 1024

EVENTS = Exchange(name="events")
QUORUM = {"x-queue-type": "quorum"}


def queue(name: str, *routing_keys: str, **arguments: str | int) -> Queue:
    named = {"x-" + argument.replace("_", "-"): value for argument, value in arguments.items()}
    return Queue(
        name=name,
        bindings=tuple(Binding(exchange=EVENTS, routing_key=key) for key in routing_keys),
        arguments={**QUORUM, **named},
    )


TOPOLOGY = Topology(
    exchanges=(EVENTS,),
    queues=(
        queue("orders", "order.placed", "order.changed"),
        queue("invoices", "invoice.sent"),
        queue("everything-of-shop", "shop.#"),
        queue("placed-in-shop", "shop.*.placed"),
    ),
)


def outgoing(number: int, routing_key: str = "order.placed", **changes: Any) -> Outgoing:
    values: dict[str, Any] = {
        "id": f"{number}",
        "exchange": EVENTS.name,
        "routing_key": routing_key,
        "body": f'{{"number": {number}}}'.encode(),
        "content_type": "application/cloudevents+json",
        "message_id": f"message-{number}",
        "type": f"{routing_key}.v1",
        "timestamp": 1_700_000_000 + number,
    }
    return Outgoing(**{**values, **changes})


def take_until(channel: InboundChannel, count: int, within_seconds: float = 20.0) -> list[Delivery]:
    """Sets, until there are `count` messages together."""
    taken: list[Delivery] = []
    deadline = monotonic() + within_seconds
    while len(taken) < count and monotonic() < deadline:
        taken += channel.take(1_000, 64 * MIB, wait_seconds=0.5)
    assert len(taken) >= count, f"{len(taken)} of {count} messages came"
    return taken


def numbers(deliveries: list[Delivery]) -> list[int]:
    return [int(delivery.properties["message_id"].removeprefix("message-")) for delivery in deliveries]


@contextmanager
def plain_kombu(url: str, **transport_options: Any) -> Iterator[Any]:
    """kombu as any other program uses it."""
    with Connection(url, transport_options=transport_options) as connection:
        yield connection
