"""One connection to RabbitMQ, and its errors as ours."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from amqp import spec
from amqp.exceptions import AMQPError
from kombu.connection import Connection

from workers.brokers.address import BrokerAddress
from workers.brokers.ports import BrokerUnavailable
from workers.brokers.rabbitmq.arrival import frame_handler
from workers.brokers.rabbitmq.splitter import FrameSplitter

#: Seconds to wait for TCP and the handshake: a broker that is up answers within one.
CONNECT_SECONDS = 5

#: Seconds to wait for the broker's farewell, while what it still sends is read and thrown away.
CLOSE_SECONDS = 2

#: Seconds without a frame after which either side gives the other up. Above `statement_timeout`, so that a
#: thread that sits in one slow statement keeps its messages.
HEARTBEAT_SECONDS = 60

#: Seconds that a write gets even after its deadline: zero would mean a socket that does not block.
SHORTEST_SECONDS = 0.001

#: Heartbeats sent an interval: the broker gives up after one interval without a byte, so one may be late.
BEATS_AN_INTERVAL = 4

#: Intervals without a frame from the broker after which it is given up (AMQP 0-9-1 §4.2.7).
SILENT_INTERVALS = 2

#: Seconds of a look for what has arrived: nothing waits for what has not.
SHORT_LOOK_SECONDS = 0.0

#: Bytes of one look: what Linux buffers for a socket that is read in time.
READ_BYTES = 256 * 1024

#: Milliseconds that sent bytes may stay unacknowledged. py-amqp's own 1,000 kills the connection whenever
#: the broker pauses its publishers (memory, disk) for longer than a second.
TCP_USER_TIMEOUT_MS = 30_000

#: Linux alone has the setting.
SOCKET_SETTINGS = (
    {socket.TCP_USER_TIMEOUT: TCP_USER_TIMEOUT_MS} if hasattr(socket, "TCP_USER_TIMEOUT") else {}
)

#: What py-amqp and the socket raise once a connection is of no use. AttributeError and TypeError: py-amqp
#: sets the transport, the channel's connection or the table of channels to None when it loses the peer.
CONNECTION_ERRORS = (AMQPError, OSError, AttributeError, TypeError, KeyError)


class Link:
    """A connection with one channel. Not for use by two threads."""

    def __init__(self, address: BrokerAddress) -> None:
        """Connect and open the channel. Raises `BrokerUnavailable`."""
        self.address = address
        self.connection: Any = None
        self.channel: Any = None
        self._splitter = FrameSplitter()
        self._heard = 0
        self._heard_at = self._beat_at = monotonic()
        with self.guarded():
            opener = Connection(
                address.kombu_url,
                connect_timeout=CONNECT_SECONDS,
                heartbeat=HEARTBEAT_SECONDS,
                # py-amqp compares the certificate with a host's name only where it is given one.
                ssl=address.tls is not None and {"server_hostname": address.host, **address.tls.options()},
                transport_options={
                    "frame_handler": frame_handler,
                    "socket_settings": SOCKET_SETTINGS,
                },
            )
            # Not `opener.connection`: that retries, and waits between the attempts.
            self.connection = opener.transport.establish_connection()
            self.channel = self.connection.channel()
            # Else a body with a `content_encoding` would arrive decoded.
            self.channel.auto_decode = False

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn what goes wrong inside into `BrokerUnavailable`, with the connection gone."""
        try:
            yield
        except CONNECTION_ERRORS as error:
            self.drop()
            raise BrokerUnavailable(f"{self.address}: {type(error).__name__}: {error}") from error
        except BaseException:  # an interrupt too may have cut a frame in two
            self.drop()
            raise

    def check(self) -> None:
        """Raise `BrokerUnavailable` if the link was closed: py-amqp would reconnect behind our back."""
        if self.connection is None:
            raise BrokerUnavailable(f"{self.address}: the channel is closed")

    def read(self, timeout_seconds: float) -> bool:
        """Handle what one look at the socket brings; False if nothing came in time.

        After the first call py-amqp can wait for no answer on this connection: the splitter has its bytes.
        """
        connection = self.connection
        try:
            with connection.transport.having_timeout(timeout_seconds) as sock:
                data = sock.recv(READ_BYTES)
        except TimeoutError:
            return False
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        for frame in self._splitter.split(data):
            connection.on_inbound_frame(frame)
        return True

    def write(self, frames: bytearray, deadline: float) -> None:
        """Write whole frames. A broker that takes no more until `deadline` (monotonic) is unavailable."""
        with self.connection.transport.having_timeout(max(deadline - monotonic(), SHORTEST_SECONDS)):
            self.connection.transport.write(frames)

    def tick(self, *, listening: bool) -> None:
        """Send a heartbeat if one is due. `listening`: something was read if there was anything to read.

        py-amqp's own `heartbeat_tick` gives up a broker that nobody has listened to.
        """
        now = monotonic()
        interval = self.connection.heartbeat or HEARTBEAT_SECONDS
        if not listening or self.connection.bytes_recv != self._heard:
            self._heard, self._heard_at = self.connection.bytes_recv, now
        elif now - self._heard_at > SILENT_INTERVALS * interval:
            raise BrokerUnavailable(f"{self.address}: silent for {now - self._heard_at:.0f} s")
        if now - self._beat_at > interval / BEATS_AN_INTERVAL:
            self.connection.send_heartbeat()
            self._beat_at = now

    def drop(self) -> None:
        """Close the socket without a word: nothing on this connection can be trusted any more."""
        connection, self.connection, self.channel = self.connection, None, None
        if connection is not None:
            with suppress(*CONNECTION_ERRORS):
                connection.collect()

    def close(self) -> None:
        """Take leave, so that acknowledgements on their way arrive; what is not acknowledged is requeued."""
        connection = self.connection
        if connection is not None:
            with suppress(*CONNECTION_ERRORS, BrokerUnavailable):
                connection.send_method(spec.Connection.Close, "BsBB", (0, "", 0, 0))
                deadline = monotonic() + CLOSE_SECONDS
                while connection.connected and monotonic() < deadline:
                    self.read(CLOSE_SECONDS)
        self.drop()
