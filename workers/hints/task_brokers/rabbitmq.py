"""Dramatiq on RabbitMQ: a hint is sent once, twice at most, and nothing waits for long."""

from contextlib import suppress
from typing import Any

import pika
from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.rabbitmq import RabbitmqBroker, _RabbitmqConsumer
from dramatiq.errors import BrokerConnectionError, ConnectionClosed
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from workers.brokers.address import BrokerAddress
from workers.hints.task_brokers.tls import verified
from workers.hints.task_brokers.trouble import Trouble

#: Seconds for TCP, and for TCP with TLS and the handshake of AMQP.
CONNECT_SECONDS = 2.0
HANDSHAKE_SECONDS = 4.0
#: Seconds that a RabbitMQ short of memory may keep a hint waiting.
BLOCKED_SECONDS = 3.0
#: Consumers answer heartbeats as they wait; who only sends is silent between two hints, for minutes.
CONSUMER_HEARTBEAT_SECONDS = 60
SENDER_HEARTBEAT_SECONDS = 1_800
#: What pika raises when a connection is of no use: its connector has errors of its own, and a connection that
#: the peer gives up as soon as it is there is a ValueError.
CONNECTION_ERRORS = (AMQPError, AMQPConnectorException, OSError, ValueError)


class RabbitHints(RabbitmqBroker):
    """Dramatiq's RabbitMQ broker without delayed messages, and with bounded waits."""

    def __init__(self, address: BrokerAddress, *, consuming: bool) -> None:
        """Connect to nothing yet. Raises `OSError` for TLS files that cannot be read."""
        super().__init__(parameters=[{}], middleware=[])
        parameters = pika.URLParameters(address.kombu_url.replace("pyamqp://", "amqp://", 1))
        parameters.socket_timeout = CONNECT_SECONDS
        parameters.stack_timeout = HANDSHAKE_SECONDS
        parameters.blocked_connection_timeout = BLOCKED_SECONDS
        parameters.connection_attempts = 1
        parameters.heartbeat = CONSUMER_HEARTBEAT_SECONDS if consuming else SENDER_HEARTBEAT_SECONDS
        if address.tls is not None:
            parameters.ssl_options = pika.SSLOptions(verified(address.tls), address.host)
        self.parameters = parameters
        self.trouble = Trouble()

    @property
    def consumer_class(self) -> type["TellingConsumer"]:
        """The consumer that tells of outages once for all."""
        return TellingConsumer

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        """Declare a queue, but no queue for delayed messages: each would have a connection for nothing."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.queues_pending.add(queue_name)
            self.emit_after("declare_queue", queue_name)
        if ensure:
            self._ensure_queue(queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Return a consumer. Raises `dramatiq.errors.ConnectionClosed` alone."""
        try:
            try:
                self.declare_queue(queue_name, ensure=True)
            finally:
                del self.connection  # a consumer has one of its own
            consumer: Consumer = super().consume(queue_name, prefetch, timeout)
        except (*CONNECTION_ERRORS, BrokerConnectionError) as error:
            self.trouble.tell(error)
            raise ConnectionClosed(error) from None
        self.trouble.over()
        return consumer

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Send. Raises `dramatiq.errors.ConnectionClosed` alone."""
        if delay is not None:
            raise NotImplementedError("nothing is delayed in a broker: what is for later is in the database")
        # RabbitMQ may have closed a connection of before; a new one is tried once.
        attempts = 1 if getattr(self.state, "connection", None) is None else 2
        for left in reversed(range(attempts)):
            try:
                self._send(message)
                break
            except CONNECTION_ERRORS as error:
                del self.connection
                if not left:
                    raise ConnectionClosed(error) from None
        return message

    def _send(self, message: Message[Any]) -> None:
        if getattr(self.state, "connection", None) is None:
            # A RabbitMQ that was away may have come back without the queues.
            self.queues_pending.add(message.queue_name)
        else:
            # Reads what came meanwhile: without it, a closed connection takes a message and loses it.
            self.connection.process_data_events(0)
        self.declare_queue(message.queue_name, ensure=True)
        self.emit_before("enqueue", message, None)
        self.channel.basic_publish("", message.queue_name, message.encode())
        self.emit_after("enqueue", message, None)

    def _ensure_queue(self, queue_name: str) -> None:
        if queue_name in self.queues_pending:
            self._declare_queue(queue_name)  # type: ignore[no-untyped-call]
            self._declare_xq_queue(queue_name)  # type: ignore[no-untyped-call]
            self.queues_pending.discard(queue_name)


class TellingConsumer(_RabbitmqConsumer):
    """Dramatiq's consumer, whose outages are told once for all of them, and hold no worker thread up."""

    def __next__(self) -> MessageProxy | None:
        """Return the next message, or None when there is none for a while."""
        try:
            message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]
        except BrokerConnectionError as error:
            self.broker.trouble.tell(error)
            raise
        return message

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge; on a broken connection the hint is left to come again. Dramatiq would wait."""
        with suppress(BrokerConnectionError):
            super().ack(message)  # type: ignore[no-untyped-call]

    def nack(self, message: MessageProxy) -> None:
        """Reject, as `ack`."""
        with suppress(BrokerConnectionError):
            super().nack(message)  # type: ignore[no-untyped-call]
