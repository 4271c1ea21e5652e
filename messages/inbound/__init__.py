"""The messages this product reads, and the one way from an envelope to typed data."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar, get_args

from messages.envelope import Envelope
from messages.inbound.account_updated import AccountUpdated
from messages.inbound.data import InboundData
from messages.inbound.message_acknowledged import MessageAcknowledged
from messages.inbound.payment_canceled import PaymentCanceled
from messages.inbound.payment_received import PaymentReceived
from messages.inbound.referral_replied import ReferralReplied
from messages.inbound.repossession_failed import RepossessionFailed
from messages.inbound.write_off_cancel_requested import WriteOffCancelRequested
from messages.inbound.write_off_decided import WriteOffDecided
from messages.inbound.write_off_requested import WriteOffRequested
from messages.inbound.write_off_reversal_requested import WriteOffReversalRequested
from messages.malformed import Malformed
from messages.validation import convert

__all__ = [
    "COMMANDS",
    "TYPES",
    "AccountUpdated",
    "Command",
    "Inbound",
    "MessageAcknowledged",
    "PaymentCanceled",
    "PaymentReceived",
    "ReferralReplied",
    "RepossessionFailed",
    "WriteOffCancelRequested",
    "WriteOffDecided",
    "WriteOffRequested",
    "WriteOffReversalRequested",
    "parse",
    "parse_as",
    "registry",
]

#: What somebody orders: needs an `authorization`, and is answered by `request-answered`.
Command = WriteOffRequested | WriteOffDecided | WriteOffCancelRequested | WriteOffReversalRequested
Inbound = (
    AccountUpdated
    | RepossessionFailed
    | PaymentReceived
    | PaymentCanceled
    | ReferralReplied
    | MessageAcknowledged
    | Command
)

Data = TypeVar("Data", bound=InboundData)


def registry(structs: Iterable[type[Data]]) -> Mapping[str, type[Data]]:
    """Map type names to their structs. Raises `ValueError` when two claim one name."""
    types: dict[str, type[Data]] = {}
    for struct in structs:
        if struct.type_name in types:
            raise ValueError(f"{struct.type_name} is registered twice")
        types[struct.type_name] = struct
    return MappingProxyType(types)


TYPES: Final[Mapping[str, type[Inbound]]] = registry(
    (
        AccountUpdated,
        RepossessionFailed,
        WriteOffRequested,
        WriteOffDecided,
        WriteOffCancelRequested,
        WriteOffReversalRequested,
        PaymentReceived,
        PaymentCanceled,
        ReferralReplied,
        MessageAcknowledged,
    )
)
COMMANDS: Final[frozenset[type[Inbound]]] = frozenset(get_args(Command))


def parse(envelope: Envelope) -> Inbound:
    """Give the typed, checked data of an envelope. Raises `Malformed`, and nothing else."""
    return parse_as(envelope, TYPES)


def parse_as(envelope: Envelope, types: Mapping[str, type[Data]]) -> Data:
    """Give the data of an envelope whose type is one of these. Raises `Malformed`, and nothing else."""
    struct = types.get(envelope.type)
    if struct is None:
        raise Malformed("type", "The type is not read here; send one of docs/messages.md.", "unknown-type")
    data = convert(envelope.data, struct, at="data")
    data.check("data")
    return data
