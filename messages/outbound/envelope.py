"""The envelope of what goes out: CloudEvents 1.0, structured mode."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from messages import codec
from messages.outbound.data import OutboundData
from messages.outbound.dead_letters import DeadLetterRecorded
from writeoff.value import Value

CONTENT_TYPE: Final = "application/cloudevents+json"


class Message(Value, frozen=True, kw_only=True):
    """One complete message; its fields are written in this order, those that are unset not at all.

    `id` is a UUIDv5 of what caused the message, so that made again it is the same. `causationid` is the
    `id` of the inbound message behind it, `correlationid` the one that all of its story share.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Annotated[datetime, Meta(tz=True)]
    datacontenttype: Literal["application/json"] = "application/json"
    opco: str | UnsetType = UNSET
    correlationid: str
    causationid: str
    traceparent: str | UnsetType = UNSET
    tracestate: str | UnsetType = UNSET
    data: OutboundData


def compose(
    data: OutboundData,
    *,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    opco: str | None,
    subject: str,
    time: datetime,
    correlationid: str,
    causationid: str,
    traceparent: str | None = None,
    tracestate: str | None = None,
) -> Message:
    """Put `data` into its envelope; type and source follow from it and the opco.

    `opco` is None for the notice of a dead letter alone, where it may be what could not be read.
    """
    if opco is None and not isinstance(data, DeadLetterRecorded):
        raise ValueError(f"{data.type_name} needs an opco")
    return Message(
        id=id,
        source=f"/writeoff/{opco.lower()}" if opco else "/writeoff",
        type=data.type_name,
        subject=subject,
        time=time,
        opco=opco or UNSET,
        correlationid=correlationid,
        causationid=causationid,
        traceparent=traceparent or UNSET,
        tracestate=tracestate or UNSET,
        data=data,
    )


def encode(message: Message) -> bytes:
    """Give the body to store and publish: the same message, the same bytes."""
    return codec.encode(message)
