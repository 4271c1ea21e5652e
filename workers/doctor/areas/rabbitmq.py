"""What RabbitMQ must be able to do, how the queues should be declared, and what its user may do."""

from collections.abc import Iterator

from messages.destinations import DEAD_LETTERS, INBOUND, Queue
from workers.brokers.address import BrokerKind
from workers.brokers.rabbitmq.looking import Argument, differences, node
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation

#: The oldest version that the tests run on: (major, minor).
OLDEST = (3, 10)
#: Arguments that take messages away; our queues have none of them but `x-max-length` of the dead letters.
LIMITS = ("x-message-ttl", "x-max-length", "x-max-length-bytes")
#: How a queue of ours is mended: what is in it must be read first.
ANEW = "Stop who publishes to it, have it read to its end, delete it, and restart a role, which declares it."

CONFIRMS = Check(
    name="rabbitmq.confirms",
    loses=True,
    what="The broker knows no publisher confirms.",
    why="What the relay publishes could be lost, and be struck off the outbox all the same.",
    mend="Connect to RabbitMQ itself, not to a proxy or another broker that has AMQP 0-9-1 in part.",
)
DEAD_LETTER = Check(
    name="rabbitmq.dead-letter-exchange",
    loses=True,
    what="Queue {queue} has no dead-letter exchange.",
    why="A message that RabbitMQ gives up on would be gone without a trace.",
    mend=ANEW,
)
ELSEWHERE = Check(
    name="rabbitmq.dead-letter-elsewhere",
    what="Queue {queue} has {name}={found}, which is not the contract's.",
    why="What RabbitMQ gives up on may not come to `writeoff.undelivered`, where intake would journal it.",
    mend=ANEW,
)
DURABLE = Check(
    name="rabbitmq.durable",
    loses=True,
    what="Queue {queue} is not durable, or goes with its last consumer.",
    why="A restart of the broker loses the queue with everything in it.",
    mend=ANEW,
)
EXPIRES = Check(
    name="rabbitmq.expires",
    loses=True,
    what="Queue {queue} is deleted when it is not used for {found} ms.",
    why="An outage of its reader loses everything in it.",
    mend=ANEW,
)
TYPE = Check(
    name="rabbitmq.queue-type",
    what="Queue {queue} is a {found} queue instead of a {wanted} one.",
    why="What it has confirmed is on one node alone, and does not survive that node's disk.",
    mend=ANEW,
)
OVERFLOW = Check(
    name="rabbitmq.overflow",
    what="Queue {queue} has x-overflow={found} instead of {wanted}.",
    why="A full queue would drop messages, or refuse notices, instead of what the contract says.",
    mend=ANEW,
)
LENGTH = Check(
    name="rabbitmq.max-length",
    what="Queue {queue} has x-max-length={found} instead of {wanted}.",
    why="Notices of dead letters that nobody reads fill the broker's disk, or too few are kept.",
    mend=ANEW,
)
TAKES = Check(
    name="rabbitmq.limits",
    what="Queue {queue} has {name}={found}, which the contract has not.",
    why="It takes messages away from its reader when they grow old or many.",
    mend=ANEW,
)
MISSING = Check(
    name="rabbitmq.queue-missing",
    what="Queue {queue} is not there.",
    why="What is published for it is refused, or lost by a publisher that does not look.",
    mend="Start or restart a role: each declares what is missing.",
)
USER = Check(
    name="rabbitmq.user-rights",
    what="The roles' user may make and delete queues of any name in its virtual host.",
    why="A mistake or a stolen password reaches the queues of others.",
    mend="Take its administrator tag away and narrow its rights: docs/deployment.md has the command.",
)
VERSION = Check(
    name="rabbitmq.version",
    what="The server is RabbitMQ {found}, older than {oldest}.",
    why="Its quorum queues cannot hand over what they give up on without losing it.",
    mend="Upgrade the server to a version that is maintained.",
)
CHECKS = (
    CONFIRMS,
    DEAD_LETTER,
    ELSEWHERE,
    DURABLE,
    EXPIRES,
    TYPE,
    OVERFLOW,
    LENGTH,
    TAKES,
    MISSING,
    USER,
    VERSION,
)


def look(at: Installation) -> Iterator[Finding]:
    """Ask RabbitMQ, and compare its queues with the contract's."""
    if at.broker is None or at.broker.kind is not BrokerKind.RABBITMQ:
        return
    where, found = str(at.broker), node(at.broker)
    if not found.confirms:
        yield CONFIRMS.found(where)
    if found.configures_anything:
        yield USER.found(where)
    if _numbers(found.version) < OLDEST:
        yield VERSION.found(where, found=found.version, oldest=".".join(map(str, OLDEST)))
    there = differences(at.broker, at.topology.queues)
    for queue in at.topology.queues:
        if queue.name not in there:
            yield MISSING.found(where, queue=queue.name)
        else:
            yield from _of(queue, there[queue.name], where)


def _of(queue: Queue, there: dict[str, Argument], where: str) -> Iterator[Finding]:
    """Judge what one queue has instead of the contract's arguments."""
    name = queue.name
    if there.get("durable") is False or there.get("auto_delete") or there.get("exclusive"):
        yield DURABLE.found(where, queue=name)
    yield from _given_up(queue, there, where)
    if "x-expires" in there:
        yield EXPIRES.found(where, queue=name, found=there["x-expires"])
    if "x-queue-type" in there:
        found, wanted = there["x-queue-type"] or "classic", queue.arguments["x-queue-type"]
        yield TYPE.found(where, queue=name, found=found, wanted=wanted)
    if "x-overflow" in there:
        found, wanted = there["x-overflow"] or "drop-head", queue.arguments["x-overflow"]
        yield OVERFLOW.found(where, queue=name, found=found, wanted=wanted)
    for limit in LIMITS:
        if limit not in there:
            continue
        if queue == DEAD_LETTERS and limit == "x-max-length":
            wanted = queue.arguments[limit]
            yield LENGTH.found(where, queue=name, found=there[limit] or "none", wanted=wanted)
        else:
            yield TAKES.found(where, queue=name, name=limit, found=there[limit])


def _given_up(queue: Queue, there: dict[str, Argument], where: str) -> Iterator[Finding]:
    """Judge where a queue hands what RabbitMQ gives up on."""
    for key, value in there.items():
        if queue in INBOUND and key == "x-dead-letter-exchange" and value is None:
            yield DEAD_LETTER.found(where, queue=queue.name)
        elif key.startswith("x-dead-letter-"):
            yield ELSEWHERE.found(where, queue=queue.name, name=key, found=value or "none")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
