"""Which messages of a batch the broker has taken, by our own count of delivery tags."""

from collections import defaultdict, deque
from itertools import takewhile
from typing import Any

from workers.brokers.ports import Outgoing


class ConfirmLedger:
    """Publishes on one channel in confirm mode, from the first to the last.

    RabbitMQ numbers them from 1 and confirms numbers only: one number missed, and every later confirm would
    be taken for another message. Hence one ledger a channel, and no channel after an error.
    """

    def __init__(self) -> None:
        self._last_tag = 0
        self._open: dict[int, str] = {}
        self._published: defaultdict[tuple[str, str, str], deque[str]] = defaultdict(deque)
        self.confirmed: set[str] = set()
        self.refused: dict[str, str] = {}

    def begin(self) -> None:
        """Forget the results of the batch before; the count goes on."""
        self._open.clear()
        self._published.clear()
        self.confirmed = set()
        self.refused = {}

    def published(self, message: Outgoing) -> None:
        """Count a message that is about to be written."""
        self._last_tag += 1
        self._open[self._last_tag] = message.id
        self._published[message.exchange, message.routing_key, message.message_id].append(message.id)

    @property
    def complete(self) -> bool:
        """Whether the broker has answered for every message of the batch."""
        return not self._open

    def acked(self, delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp calls it so
        """The broker has taken one message, or all up to one. What it returned it acknowledges too."""
        for tag in self._tags(delivery_tag, multiple=multiple):
            name = self._open.pop(tag)
            if name not in self.refused:
                self.confirmed.add(name)

    def nacked(self, delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp calls it so
        """The broker has not taken one message, or all up to one: a queue is full, or has failed."""
        for tag in self._tags(delivery_tag, multiple=multiple):
            self.refused.setdefault(self._open.pop(tag), "the broker refused it (basic.nack)")

    def returned(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """No queue is bound for a message. It comes back without its number, in the order of publishing."""
        key = (exchange, routing_key, message.properties.get("message_id", ""))
        if names := self._published.get(key):
            self.refused[names.popleft()] = f"returned as unroutable ({error})"

    def _tags(self, delivery_tag: int, *, multiple: bool) -> list[int]:
        if not multiple:
            return [delivery_tag] if delivery_tag in self._open else []
        return list(takewhile(lambda tag: tag <= delivery_tag, self._open))
