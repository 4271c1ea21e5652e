"""Ways through a TCP proxy: what passes may be delayed, kept back, torn apart or closed on one side."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal, Self, TypeVar

from proving.rig.routes import Address

#: Bytes that are passed on at a time: what a socket holds on this machine.
CHUNK = 256 * 1024
#: Connections that wait for the proxy to accept them; clients of a server that comes back come all at once.
BACKLOG = 128
#: Longest that the proxy's thread may take to do what it is told.
PATIENCE_SECONDS = 10.0
#: SO_LINGER with no time: closing sends RST instead of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)

#: Which of a connection's two ends: the client that connected, or the server that it reached.
Side = Literal["client", "server"]

T = TypeVar("T")


class _Broken(Exception):
    """Ends a connection at once, with RST to both sides."""


class _Connection:
    """A client, its server, and a pump in each direction."""

    def __init__(self, route: "ProxyRoute", client: socket.socket) -> None:
        self._route = route
        self._client = client
        self._server: socket.socket | None = None
        #: Bytes that a chunk may still pass before the connection is torn apart in the middle of it.
        self.cut = False
        self.deaf: set[Side] = set()
        self.task: asyncio.Task[None] = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        abort = True
        try:
            await self._route.passable()
            self._server = _new_socket()
            target = self._route.target
            await loop.sock_connect(self._server, (target.host, target.port))
            pumps = [
                loop.create_task(self._pump("client", self._client, self._server)),
                loop.create_task(self._pump("server", self._server, self._client)),
            ]
            try:
                await asyncio.gather(*pumps)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            abort = False
        except (OSError, _Broken):
            pass
        finally:
            for end in (self._client, self._server):
                if end is not None:
                    with suppress(OSError):
                        if abort:
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                        end.close()
            self._route.forget(self)

    async def _pump(self, side: Side, source: socket.socket, sink: socket.socket) -> None:
        """Pass on what one side sends, until it has nothing more to say."""
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(source, CHUNK):
            if self._route.delay_seconds:
                await asyncio.sleep(self._route.delay_seconds)
            await self._route.passable()
            if self.cut:
                await loop.sock_sendall(sink, data[: len(data) // 2])
                raise _Broken
            if _other(side) not in self.deaf:
                await loop.sock_sendall(sink, data)
        await self._route.passable()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def half_close(self, side: Side) -> None:
        """Tell one side that the other has no more to say; what the other says is lost from now on."""
        end = self._client if side == "client" else self._server
        self.deaf.add(side)
        if end is not None:
            with suppress(OSError):
                end.shutdown(socket.SHUT_WR)


class ProxyRoute:
    """A way to a server that may be disturbed: a `Route` of the rig's. Its methods may be called anywhere."""

    def __init__(self, proxies: "Proxies", name: str, target: Address) -> None:
        self._proxies = proxies
        self._name = name
        self._target = target
        self._listener = _new_socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(BACKLOG)
        self._address = Address(host="127.0.0.1", port=self._listener.getsockname()[1])
        self._connections: set[_Connection] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._accepting: asyncio.Task[None] | None = None
        #: Seconds that each chunk waits, in either direction.
        self.delay_seconds = 0.0
        #: How many connections there have been.
        self.accepted = 0

    @property
    def name(self) -> str:
        """As `worker-2:database`."""
        return self._name

    @property
    def target(self) -> Address:
        """The server."""
        return self._target

    @property
    def address(self) -> Address:
        """Where the proxy listens for it."""
        return self._address

    @property
    def connections(self) -> int:
        """How many connections go through it now."""
        return len(self._connections)

    def delay(self, seconds: float) -> None:
        """Let everything wait so long on its way; 0 is as it was."""
        self._proxies.call(lambda: setattr(self, "delay_seconds", seconds))

    def black_hole(self, *, on: bool) -> None:
        """Pass nothing on, and say so to nobody: connections stay open, new ones are accepted and wait.

        What was sent meanwhile arrives afterwards, as it does when a network comes back before TCP gives up.
        """
        self._proxies.call(self._open.clear if on else self._open.set)

    def reset(self) -> int:
        """End every connection with RST to both sides; tell how many."""
        return self._proxies.run(self._reset())

    def cut(self) -> None:
        """End every connection in the middle of what is sent next: half of it arrives, then RST."""
        self._each(lambda connection: setattr(connection, "cut", True))

    def half_close(self, side: Side) -> None:
        """Tell one side of every connection that the other is done, which goes on and is not heard."""
        self._each(lambda connection: connection.half_close(side))

    def calm(self) -> None:
        """Pass everything on again. What was broken stays broken, what is new is well."""
        self.delay(0.0)
        self.black_hole(on=False)
        self._each(lambda connection: setattr(connection, "cut", False))

    def close(self) -> None:
        """End it, with all its connections."""
        self._proxies.run(self._close())

    def _each(self, act: Callable[[_Connection], object]) -> None:
        def do() -> None:
            for connection in list(self._connections):
                act(connection)

        self._proxies.call(do)

    # In the thread of the proxies.

    async def passable(self) -> None:
        """Wait while nothing is passed on."""
        await self._open.wait()

    def forget(self, connection: _Connection) -> None:
        """Know a connection no longer that has ended."""
        self._connections.discard(connection)

    async def listen(self) -> None:
        """Accept from now on."""
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            client.setblocking(False)  # noqa: FBT003 - the socket's own signature
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.accepted += 1
            self._connections.add(_Connection(self, client))

    async def _reset(self) -> int:
        """Connections whose task is canceled end with RST: nothing was said to the end."""
        ending = [each.task for each in self._connections]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        return len(ending)

    async def _close(self) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        self._listener.close()
        await self._reset()


class Proxies:
    """Every way through the proxy, served by one thread that ends with the block.

    `open` is what `Installation` takes as `open_route`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self.routes: list[ProxyRoute] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for route in self.routes:
            route.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()

    def open(self, name: str, target: Address) -> ProxyRoute:
        """Open a way to a server."""
        route = ProxyRoute(self, name, target)
        self.run(route.listen())
        self.routes.append(route)
        return route

    def call(self, act: Callable[[], object]) -> None:
        """Do it in the thread of the proxies, and wait until it is done."""

        async def do() -> None:
            act()

        self.run(do())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it in the thread of the proxies, and wait for its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)


def _new_socket() -> socket.socket:
    new = socket.socket()
    new.setblocking(False)  # noqa: FBT003 - the socket's own signature
    new.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return new


def _other(side: Side) -> Side:
    return "server" if side == "client" else "client"
