"""What every kind of outbound data is."""

from typing import ClassVar

from messages.fields import Amount
from messages.words import Origin
from writeoff.value import Value


class OutboundData(Value, frozen=True, kw_only=True):
    """The `data` of one outbound message type; fields are written in the order they are declared."""

    type_name: ClassVar[str]


class Caused(OutboundData, frozen=True, kw_only=True):
    """What a process causes says which one, and what started it.

    The first three are null where no process is behind it: a write-down (R7), a stray payment.
    """

    process_id: str | None
    request_id: str | None
    origin: Origin | None
    bulk: bool
    account_id: str


class ServiceAgreementAmount(Value, frozen=True, kw_only=True):
    """A service agreement and what is owed on it."""

    sa_id: str
    sa_type: str
    amount: Amount
