"""One connection to Redis through kombu, and its errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kombu.connection import Connection
from kombu.exceptions import KombuError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from workers.brokers.address import BrokerAddress
from workers.brokers.ports import BrokerUnavailable

#: Seconds for an answer. No command of ours blocks, so that redis-py's own 5 s would do, but a large value on
#: a machine that swaps may take longer.
SOCKET_SECONDS = 30

#: Seconds to connect: a server that is up answers within one.
CONNECT_SECONDS = 5

#: How redis-py is told to check the server's certificate and its name.
VERIFIED = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}

CONNECTION_ERRORS = (RedisError, KombuError, OSError)


class Link:
    """A kombu channel on Redis and the client under it. Not for use by two threads."""

    def __init__(self, address: BrokerAddress) -> None:
        """Connect. Raises `BrokerUnavailable`."""
        self.address = address
        self.channel: Any = None
        self.client: Any = None
        self._transport: Any = None
        with self.guarded():
            opener = Connection(
                address.kombu_url,
                # Given nothing, kombu takes any certificate.
                ssl=address.tls is not None and {**VERIFIED, **address.tls.options("ssl_")},
                transport_options={
                    "socket_timeout": SOCKET_SECONDS,
                    "socket_connect_timeout": CONNECT_SECONDS,
                },
            )
            self._transport = opener.transport.establish_connection()
            self.channel = self._transport.create_channel(self._transport)
            self.client = self.channel.client
            # A repeated command is a decision of ours: the caller makes a new channel and starts over.
            self.client.set_retry(Retry(NoBackoff(), 0))

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what goes wrong inside into `BrokerUnavailable`, with the connection gone."""
        try:
            yield
        except CONNECTION_ERRORS as error:
            self.close()
            raise BrokerUnavailable(f"{self.address}: {type(error).__name__}: {error}") from error
        except BaseException:  # an interrupt too may leave an answer unread
            self.close()
            raise

    def check(self) -> None:
        """Raise `BrokerUnavailable` if the link was closed: redis-py would reconnect behind our back."""
        if self.client is None:
            raise BrokerUnavailable(f"{self.address}: the channel is closed")

    def queue_keys(self, queue: str) -> list[str]:
        """Return the lists of a queue, one a priority; kombu publishes with priority 0 unless told."""
        return [
            queue if not step else f"{queue}{self.channel.sep}{step}" for step in self.channel.priority_steps
        ]

    def queue_of(self, key: str) -> str:
        """Return the queue that a list belongs to."""
        return key.partition(self.channel.sep)[0]

    def close(self) -> None:
        """Close the connection. Never raises; may be called twice."""
        transport, self._transport = self._transport, None
        self.channel = self.client = None
        if transport is not None:
            with suppress(*CONNECTION_ERRORS):
                transport.close_connection(transport)
