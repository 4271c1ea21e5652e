"""What a consumer says about a message it was sent (R27)."""

from typing import ClassVar, Literal

from messages.fields import Id, Text
from messages.inbound.data import InboundData


class MessageAcknowledged(InboundData, frozen=True, kw_only=True):
    """Whether the consumer took the message `message_id`, and its own `reference` for it."""

    type_name: ClassVar[str] = "consumer.message-acknowledged.v1"

    message_id: Id
    consumer: Literal["letter", "to-do", "gl"]
    status: Literal["accepted", "rejected"]
    reference: Id | None = None
    reason: Text | None = None
