"""Publishing the textbook way: kombu, mandatory, persistent, and a wait for the confirm of each message."""

import threading
from collections.abc import Iterable
from typing import Any

from kombu.connection import Connection
from kombu.messaging import Producer

from messages.destinations import route
from messages.outbound import CONTENT_TYPE

#: Seconds to wait for a confirm, as the product's relay does.
CONFIRM_SECONDS = 30.0


class Publisher:
    """One connection a thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()

    def publish(self, rows: Iterable[Any]) -> None:
        """Publish rows of `messages_out` in their order, each confirmed before the next."""
        for row in rows:
            where = route(row.type, row.destination)
            self._producer().publish(
                row.body.encode(),
                exchange=where.exchange,
                routing_key=where.routing_key,
                content_type=CONTENT_TYPE,
                content_encoding="utf-8",
                message_id=row.message_id,
                correlation_id=row.correlation_id or "",
                type=row.type,
                timestamp=int(row.created_at.timestamp()),
                delivery_mode=2,
                mandatory=True,
                confirm_timeout=CONFIRM_SECONDS,
            )

    def _producer(self) -> Any:
        if not hasattr(self._local, "producer"):
            connection = Connection(self._url, transport_options={"confirm_publish": True})
            self._local.producer = Producer(connection.channel(), auto_declare=False)
        return self._local.producer
