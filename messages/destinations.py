"""The topology, as data: exchanges, queues, bindings, and where each outbound message goes.

Queue arguments belong to the contract: RabbitMQ refuses a declaration with other ones.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

#: Messages in the dead-letter queue are notices; older ones go first, the rows stay.
MAX_DEAD_LETTER_NOTICES: Final = 10_000

LETTER: Final = "letter"
TO_DO: Final = "to-do"
GL: Final = "gl"
PULSE_UPDATES: Final = "pulse.updates"
DEAD_LETTER: Final = "dead-letter"
#: One for each agency: see `agency_destination`.
AGENCY: Final = "agency.{agency}"

DEAD_LETTER_QUEUE: Final = "writeoff.dead-letter"
UNDELIVERED_QUEUE: Final = "writeoff.undelivered"

#: One word of a routing key, and short enough for one of at most 255 bytes.
_AGENCY_CODE: Final = re.compile(r"[A-Z0-9-]{1,64}")


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A durable topic exchange."""

    name: str


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """What an exchange passes on to a queue."""

    exchange: Exchange
    routing_key: str


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A durable queue, what is bound to it, and the arguments it is declared with on RabbitMQ."""

    name: str
    bindings: tuple[Binding, ...]
    arguments: Mapping[str, str | int]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message is published."""

    exchange: str
    routing_key: str


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message type goes: a destination, which but for dead letters names the queue, and a key."""

    destination: str
    routing_key: str


PULSE: Final = Exchange(name="pulse")
REPLIES: Final = Exchange(name="replies")
WRITEOFF: Final = Exchange(name="writeoff")
DEAD: Final = Exchange(name="writeoff.dead")
EXCHANGES: Final = (PULSE, REPLIES, WRITEOFF, DEAD)

#: A quorum queue confirms after fsync; a full one refuses instead of dropping; what it gives up on,
#: it hands over to the default exchange, and so to `writeoff.undelivered`.
_DURABLE: Final[Mapping[str, str | int]] = MappingProxyType(
    {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": UNDELIVERED_QUEUE,
        "x-dead-letter-strategy": "at-least-once",
    }
)


def _queue(name: str, exchange: Exchange, *routing_keys: str) -> Queue:
    bindings = tuple(Binding(exchange=exchange, routing_key=key) for key in routing_keys)
    return Queue(name=name, bindings=bindings, arguments=_DURABLE)


#: What intake reads.
INBOUND: Final = (
    _queue("writeoff.account-updated", PULSE, "pulse.account-updated.v1"),
    _queue("writeoff.repossession-failed", PULSE, "pulse.repossession-failed.v1"),
    _queue("writeoff.write-off-requested", PULSE, "pulse.write-off-requested.v1"),
    _queue("writeoff.payments", PULSE, "pulse.payment-received.v1", "pulse.payment-canceled.v1"),
    _queue(
        "writeoff.commands",
        PULSE,
        "pulse.write-off-decided.v1",
        "pulse.write-off-cancel-requested.v1",
        "pulse.write-off-reversal-requested.v1",
    ),
    _queue("writeoff.replies", REPLIES, "agency.referral-replied.v1", "consumer.message-acknowledged.v1"),
)

#: What RabbitMQ itself gave up on; intake reads it into dead letters. Bound to nothing but its name.
UNDELIVERED: Final = Queue(
    name=UNDELIVERED_QUEUE,
    bindings=(),
    arguments=MappingProxyType({"x-queue-type": "quorum", "x-overflow": "reject-publish"}),
)
#: Notices of dead letters, for the broker's monitoring.
DEAD_LETTERS: Final = Queue(
    name=DEAD_LETTER_QUEUE,
    bindings=(Binding(exchange=DEAD, routing_key="#"),),
    arguments=MappingProxyType(
        {"x-queue-type": "quorum", "x-overflow": "drop-head", "x-max-length": MAX_DEAD_LETTER_NOTICES}
    ),
)

#: Message type -> where it goes. `{agency}` stands for an agency's code, `{origin}` for the queue that a
#: dead letter came from.
OUTLETS: Final[Mapping[str, Outlet]] = MappingProxyType(
    {
        "writeoff.letter-requested.v1": Outlet(destination=LETTER, routing_key="letter.requested"),
        "writeoff.letter-correction-requested.v1": Outlet(
            destination=LETTER, routing_key="letter.correction-requested"
        ),
        "writeoff.todo-created.v1": Outlet(destination=TO_DO, routing_key="todo.created"),
        "writeoff.todo-closed.v1": Outlet(destination=TO_DO, routing_key="todo.closed"),
        "writeoff.referral-placed.v1": Outlet(
            destination=AGENCY, routing_key="agency.{agency}.referral-placed"
        ),
        "writeoff.referral-changed.v1": Outlet(
            destination=AGENCY, routing_key="agency.{agency}.referral-changed"
        ),
        "writeoff.referral-cancelled.v1": Outlet(
            destination=AGENCY, routing_key="agency.{agency}.referral-cancelled"
        ),
        "writeoff.referral-paid.v1": Outlet(destination=AGENCY, routing_key="agency.{agency}.referral-paid"),
        "writeoff.journal-posted.v1": Outlet(destination=GL, routing_key="gl.journal-posted"),
        "writeoff.request-answered.v1": Outlet(
            destination=PULSE_UPDATES, routing_key="pulse.request-answered"
        ),
        "writeoff.process-started.v1": Outlet(destination=PULSE_UPDATES, routing_key="pulse.process-started"),
        "writeoff.process-ended.v1": Outlet(destination=PULSE_UPDATES, routing_key="pulse.process-ended"),
        "writeoff.account-written-off.v1": Outlet(
            destination=PULSE_UPDATES, routing_key="pulse.account-written-off"
        ),
        "writeoff.account-restored.v1": Outlet(
            destination=PULSE_UPDATES, routing_key="pulse.account-restored"
        ),
        "writeoff.demerit-recorded.v1": Outlet(
            destination=PULSE_UPDATES, routing_key="pulse.demerit-recorded"
        ),
        "writeoff.demerit-ended.v1": Outlet(destination=PULSE_UPDATES, routing_key="pulse.demerit-ended"),
        "writeoff.dead-letter-recorded.v1": Outlet(destination=DEAD_LETTER, routing_key="{origin}"),
    }
)


def outbound(agencies: Iterable[str]) -> tuple[Queue, ...]:
    """Give every queue this product publishes to: the fixed ones, one for each agency, the dead letters.

    Raises `ValueError` for a code that cannot be a word of a routing key.
    """
    keys = _keys_by_destination()
    of_agency = keys.pop(AGENCY)
    fixed = [_queue(name, WRITEOFF, *names) for name, names in keys.items()]
    placed = [
        _queue(agency_destination(code), WRITEOFF, *(key.replace("{agency}", code) for key in of_agency))
        for code in agencies
    ]
    return (*fixed, *placed, DEAD_LETTERS)


def agency_destination(code: str) -> str:
    """Give an agency's destination, which is also its queue's name. Raises `ValueError`."""
    if not _AGENCY_CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no agency code: use 1 to 64 capital letters, digits and hyphens")
    return AGENCY.replace("{agency}", code)


def route(type_name: str, destination: str, *, origin: str | None = None) -> Route:
    """Say where a message of this type is published for this destination.

    `origin` is the queue a dead letter came from, and needed for nothing else.
    Raises `ValueError` for a type and a destination that do not belong together.
    """
    outlet = OUTLETS.get(type_name)
    if outlet and outlet.destination == AGENCY:
        code = destination.removeprefix("agency.")
        if agency_destination(code) == destination:
            return Route(exchange=WRITEOFF.name, routing_key=outlet.routing_key.replace("{agency}", code))
    elif outlet and outlet.destination == destination:
        if destination != DEAD_LETTER:
            return Route(exchange=WRITEOFF.name, routing_key=outlet.routing_key)
        if origin:
            return Route(exchange=DEAD.name, routing_key=origin)
    raise ValueError(f"{type_name} is not sent to {destination}")


def _keys_by_destination() -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for outlet in OUTLETS.values():
        if outlet.destination != DEAD_LETTER:
            keys.setdefault(outlet.destination, []).append(outlet.routing_key)
    return keys
