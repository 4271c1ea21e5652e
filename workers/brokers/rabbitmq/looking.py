"""What a RabbitMQ says of itself over AMQP, for the checks at start: it has no plugin to ask.

A queue's arguments cannot be read. But a declaration that differs from the queue is refused with the first
difference; declared again with what is there, it tells the next, until nothing differs.
"""

import re
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any

from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed

from messages.destinations import Queue
from workers.brokers.address import BrokerAddress
from workers.brokers.rabbitmq.connection import Link
from writeoff.value import Value

#: A queue that no worker needs and no sensible pattern of rights allows; gone with the connection.
FOREIGN_QUEUE = "no-queue-of-the-worker-"
#: More than a queue can differ in.
MOST_DIFFERENCES = 20
#: `inequivalent arg 'x' for queue 'q' in vhost '/': received ... but current is the value '5' of type 'long'`
_REFUSAL = re.compile(
    r"inequivalent arg '(?P<name>[^']+)' .* but current is "
    r"(?:none|the value '(?P<value>.*)' of type '(?P<type>\w+)'|'(?P<plain>.*)')",
    re.DOTALL,
)

Argument = str | int | bool | None


class Node(Value, frozen=True, kw_only=True):
    """What a RabbitMQ can do, and whether its user may make queues of any name."""

    version: str
    confirms: bool
    configures_anything: bool


def node(address: BrokerAddress) -> Node:
    """Ask the node. Raises `BrokerUnavailable`."""
    link = Link(address)
    with link.guarded():
        properties: Mapping[str, Any] = link.connection.server_properties
        try:
            link.channel.queue_declare(FOREIGN_QUEUE + token_hex(8), exclusive=True, auto_delete=True)
            anything = True
        except AccessRefused:
            anything = False
    link.close()
    capabilities = properties.get("capabilities") or {}
    return Node(
        version=str(properties.get("version", "")),
        confirms=bool(capabilities.get("publisher_confirms")),
        configures_anything=anything,
    )


def differences(address: BrokerAddress, queues: Iterable[Queue]) -> dict[str, dict[str, Argument]]:
    """Return of each queue that exists what it has instead of our arguments: None where it lacks one.

    Raises `BrokerUnavailable`.
    """
    link = Link(address)
    with link.guarded():
        found = {queue.name: _compared(link, queue) for queue in queues if _exists(link, queue.name)}
    link.close()
    return found


def _exists(link: Link, name: str) -> bool:
    try:
        link.channel.queue_declare(name, passive=True)
    except NotFound:
        return False
    return True


def _compared(link: Link, queue: Queue) -> dict[str, Argument]:
    there: dict[str, Argument] = {}
    while len(there) < MOST_DIFFERENCES:
        arguments = {**queue.arguments, **{name: value for name, value in there.items() if "-" in name}}
        own = {name: value for name, value in there.items() if "-" not in name}
        try:
            link.channel.queue_declare(
                queue.name,
                durable=own.get("durable", True),
                exclusive=own.get("exclusive", False),
                auto_delete=own.get("auto_delete", False),
                arguments={name: value for name, value in arguments.items() if value is not None},
            )
        except PreconditionFailed as error:
            told = _REFUSAL.search(str(error))
            if told is None or told["name"] in there:
                break
            there[told["name"]] = _value(told)
        else:
            break
    return there


def _value(told: re.Match[str]) -> Argument:
    if told["plain"] is not None:
        return bool(told["plain"] == "true")
    value, kind = told["value"], told["type"]
    if value is None or kind == "longstr":
        return value
    return int(value) if re.fullmatch(r"-?\d+", value) else value
