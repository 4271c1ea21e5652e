"""The consumers' side: every outbound queue read to its end, and acknowledged as a consumer would."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from messages.destinations import outbound
from workers import brokers

#: A consumer's batch. What a queue holds is far less.
MESSAGES_A_BATCH = 1_000
BYTES_A_BATCH = 64 * 1024 * 1024
#: Silence that means the end: nobody publishes any more when the consumers read.
SILENCE_SECONDS = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One delivery to a consumer: the queue, and the CloudEvent."""

    queue: str
    message: dict[str, Any]

    @property
    def kind(self) -> str:
        """The message's type without prefix and version: `journal-posted`."""
        return str(self.message["type"]).removeprefix("writeoff.").removesuffix(".v1")

    @property
    def data(self) -> dict[str, Any]:
        """What the message says."""
        data: dict[str, Any] = self.message["data"]
        return data


def queue_names(agencies: Iterable[str]) -> list[str]:
    """Return every queue that somebody reads."""
    return [queue.name for queue in outbound(sorted(agencies))]


def read_everything(broker_url: str, queues: Iterable[str]) -> list[Read]:
    """Read the queues to their end. Raises `BrokerUnavailable`."""
    found: list[Read] = []
    channel = brokers.connect_inbound(broker_url, list(queues))
    try:
        while deliveries := channel.take(MESSAGES_A_BATCH, BYTES_A_BATCH, SILENCE_SECONDS):
            found += [Read(queue=each.queue, message=json.loads(each.body)) for each in deliveries]
            channel.acknowledge(deliveries)
    finally:
        channel.close()
    return found
