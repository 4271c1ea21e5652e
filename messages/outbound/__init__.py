"""The messages this product sends: each type's data, and where it goes."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, get_args

import msgspec

from messages import codec
from messages.destinations import OUTLETS, Outlet
from messages.malformed import Malformed
from messages.outbound.accounts import AccountRestored, AccountWrittenOff
from messages.outbound.dead_letters import DeadLetterRecorded
from messages.outbound.demerits import DemeritEnded, DemeritRecorded
from messages.outbound.envelope import CONTENT_TYPE, Message, compose, encode
from messages.outbound.journals import JournalPosted
from messages.outbound.letters import LetterCorrectionRequested, LetterRequested
from messages.outbound.processes import ProcessEnded, ProcessStarted
from messages.outbound.referrals import ReferralCancelled, ReferralChanged, ReferralPaid, ReferralPlaced
from messages.outbound.requests import RequestAnswered
from messages.outbound.todos import TodoClosed, TodoCreated
from messages.validation import convert
from writeoff.value import Value

__all__ = [
    "CONTENT_TYPE",
    "TYPES",
    "AccountRestored",
    "AccountWrittenOff",
    "DeadLetterRecorded",
    "DemeritEnded",
    "DemeritRecorded",
    "JournalPosted",
    "LetterCorrectionRequested",
    "LetterRequested",
    "Message",
    "Outbound",
    "OutboundType",
    "ProcessEnded",
    "ProcessStarted",
    "ReferralCancelled",
    "ReferralChanged",
    "ReferralPaid",
    "ReferralPlaced",
    "RequestAnswered",
    "TodoClosed",
    "TodoCreated",
    "compose",
    "encode",
    "parse",
    "registry",
]

Outbound: TypeAlias = (
    LetterRequested
    | LetterCorrectionRequested
    | TodoCreated
    | TodoClosed
    | ReferralPlaced
    | ReferralChanged
    | ReferralCancelled
    | ReferralPaid
    | JournalPosted
    | RequestAnswered
    | ProcessStarted
    | ProcessEnded
    | AccountWrittenOff
    | AccountRestored
    | DemeritRecorded
    | DemeritEnded
    | DeadLetterRecorded
)


class OutboundType(Value, frozen=True, kw_only=True):
    """A message type: its name, its data, and where it goes."""

    name: str
    struct: type[Outbound]
    outlet: Outlet


def registry(structs: Iterable[type[Outbound]]) -> Mapping[str, OutboundType]:
    """Map type names to types. Raises `ValueError` when two claim one name, or one has no outlet."""
    types: dict[str, OutboundType] = {}
    for struct in structs:
        name = struct.type_name
        if name in types:
            raise ValueError(f"{name} is registered twice")
        if name not in OUTLETS:
            raise ValueError(f"{name} has no outlet in messages.destinations")
        types[name] = OutboundType(name=name, struct=struct, outlet=OUTLETS[name])
    return MappingProxyType(types)


TYPES: Final = registry(get_args(Outbound))


def parse(raw: bytes) -> Message:
    """Read a body that `encode` gave, its data typed again. Raises `Malformed`."""
    document = codec.decode(raw)
    message = convert(document, Message)
    kind = TYPES.get(message.type)
    if kind is None:
        raise Malformed("type", "The type is not sent by this product.", "unknown-type")
    return msgspec.structs.replace(message, data=convert(document["data"], kind.struct, at="data"))
