"""What the worker asks of a message broker, whichever it is.

Two channels, one a direction. Each belongs to one thread and one connection, and is thrown away after its
first error: the caller makes a new one, and what was not acknowledged comes again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from writeoff.errors import WriteoffError
from writeoff.value import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One message as it came, before anything is understood of it.

    `body` is what the publisher sent, to the byte: nothing is decompressed or decoded. `headers` and
    `properties` are JSON. `delivery_count` is how often the broker has sent it before, 0 or 1 where it only
    knows whether it has. It proves no crash: it also rises for what was sent ahead and given back untouched.
    `token` means something to the channel it came from alone.
    """

    queue: str
    body: bytes
    content_type: str
    headers: Mapping[str, Any]
    properties: Mapping[str, Any]
    redelivered: bool
    delivery_count: int
    token: object = field(repr=False)


class Outgoing(Value, frozen=True, kw_only=True):
    """One message to publish. `id` is the caller's name for it in the result; `timestamp` is in seconds.

    `user_id` is set by publishers that the broker is to vouch for: RabbitMQ compares it with the login.
    """

    id: str
    exchange: str
    routing_key: str
    body: bytes
    content_type: str
    message_id: str
    type: str
    timestamp: int
    correlation_id: str = ""
    headers: Mapping[str, Any] = {}
    user_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishResult:
    """What became of a batch: every id is in exactly one of the two."""

    confirmed: frozenset[str]
    refused: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDepth:
    """Messages waiting in a queue, and those handed out but not acknowledged (None: the broker cannot say).

    A queue that does not exist has `ready` None.
    """

    ready: int | None
    unacknowledged: int | None


class BrokerUnavailable(WriteoffError):
    """The broker cannot be reached, did not answer in time, or broke the channel; make a new channel.

    While publishing, `confirmed` and `refused` say what is certain of the batch. The rest may be in the queue
    or not, and is to be published again.
    """

    def __init__(
        self,
        reason: str,
        *,
        confirmed: frozenset[str] = frozenset(),
        refused: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.confirmed = confirmed
        self.refused: Mapping[str, str] = dict(refused or {})


class InboundChannel(Protocol):
    """Messages of some queues, in sets, held by the broker until they are acknowledged."""

    def take(self, limit_messages: int, limit_bytes: int, wait_seconds: float) -> list[Delivery]:
        """Wait for a first message, then return all that has already arrived, without waiting for more.

        Stops at `limit_messages`, or with the message that reaches `limit_bytes`. Empty when `wait_seconds`
        passed. The order of each queue is kept. Raises `BrokerUnavailable`.
        """
        ...

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Let the broker forget what has been committed. Raises `BrokerUnavailable`."""
        ...

    def heartbeat(self) -> None:
        """Keep the channel and what is held on it, without taking more. At least every ten seconds.

        For a caller that waits, say for the database. Raises `BrokerUnavailable`.
        """
        ...

    def close(self) -> None:
        """Give back what was not acknowledged. Never raises; may be called twice."""
        ...


class OutboundChannel(Protocol):
    """Messages to exchanges, in batches, each certain or named as uncertain."""

    def publish(self, batch: Sequence[Outgoing]) -> PublishResult:
        """Publish, and wait until the broker has taken responsibility for each message or refused it.

        Ids must differ within a batch. Raises `BrokerUnavailable` if anything stayed uncertain.
        """
        ...

    def declare(self) -> None:
        """Declare the topology again: what a broker that was set up anew has forgotten."""
        ...

    def heartbeat(self) -> None:
        """Keep an idle channel open. At least every ten seconds. Raises `BrokerUnavailable`."""
        ...

    def close(self) -> None:
        """Close the connection. Never raises; may be called twice."""
        ...
