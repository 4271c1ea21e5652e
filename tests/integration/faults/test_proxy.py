"""The proxy does to connections what it says, and nothing else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace

import pytest

from proving.faults.network import BlackHole, Cut, Delay, HalfClose, NetworkFault, Reset, SwallowAndReset
from proving.faults.proxy import Proxies, ProxyRoute
from proving.rig.routes import Address
from tests.integration.faults.conftest import SEEDED


class Echo:
    """A server that says everything again, and keeps what it heard."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(host="127.0.0.1", port=self._listener.getsockname()[1])
        self.heard = bytearray()
        self.ends: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65536):
                    self.heard += data
                    connection.sendall(data)
            except ConnectionResetError:
                self.ends.append("reset")
            else:
                self.ends.append("closed")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # a thread that accepts would keep it open
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    with suppress(OSError):
        server.close()


@pytest.fixture
def route(proxies: Proxies, echo: Echo) -> ProxyRoute:
    return proxies.open("worker-1:database", echo.address)


def client(route: ProxyRoute) -> socket.socket:
    return socket.create_connection((route.address.host, route.address.port), timeout=5)


def say(connection: socket.socket, data: bytes = b"hello") -> bytes:
    connection.sendall(data)
    return connection.recv(65536)


def silent(connection: socket.socket, seconds: float = 0.3) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1) is None
    except TimeoutError:
        return True
    finally:
        connection.settimeout(5)


def ended(server: Echo, how: str) -> bool:
    deadline = time.monotonic() + 5
    while how not in server.ends and time.monotonic() < deadline:
        time.sleep(0.01)
    return how in server.ends


def test_everything_passes(route: ProxyRoute, echo: Echo) -> None:
    with client(route) as connection:
        assert say(connection) == b"hello"
        sent = bytes(range(256)) * 20_000
        threading.Thread(target=connection.sendall, args=(sent,)).start()
        got = bytearray()
        while len(got) < len(sent):
            got += connection.recv(65536)
        assert got == sent
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert ended(echo, "closed")
    assert route.accepted == 1


def test_a_delay_delays_both_ways(route: ProxyRoute) -> None:
    with client(route) as connection:
        route.delay(0.2)
        before = time.monotonic()
        assert say(connection) == b"hello"
        assert 0.4 <= time.monotonic() - before < 2
        route.calm()
        before = time.monotonic()
        assert say(connection) == b"hello"
        assert time.monotonic() - before < 0.2


def test_a_black_hole_is_silent_to_old_and_new_connections_and_gives_all_back(route: ProxyRoute) -> None:
    with client(route) as old:
        assert say(old) == b"hello"
        route.black_hole(on=True)
        old.sendall(b"one")
        with client(route) as new:
            new.sendall(b"two")
            assert silent(old)
            assert silent(new)
            route.calm()
            assert (old.recv(10), new.recv(10)) == (b"one", b"two")


def test_what_was_swallowed_never_arrives(route: ProxyRoute, echo: Echo) -> None:
    with client(route) as connection:
        assert say(connection) == b"hello"
        route.black_hole(on=True)
        connection.sendall(b"lost")
        assert silent(connection)
        assert route.reset() == 1
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        route.calm()
    assert ended(echo, "reset")
    assert echo.heard == b"hello"


def test_a_reset_ends_both_sides_and_new_connections_are_well(route: ProxyRoute, echo: Echo) -> None:
    with client(route) as connection:
        assert say(connection) == b"hello"
        route.reset()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert ended(echo, "reset")
    with client(route) as connection:
        assert say(connection) == b"hello"


def test_a_cut_lets_half_of_a_piece_arrive(route: ProxyRoute, echo: Echo) -> None:
    with client(route) as connection:
        assert say(connection) == b"hello"
        route.cut()
        connection.sendall(b"0123456789")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert ended(echo, "reset")
    assert echo.heard == b"hello01234"


def test_a_half_closed_client_hears_the_end_and_is_still_heard(route: ProxyRoute, echo: Echo) -> None:
    with client(route) as connection:
        assert say(connection) == b"hello"
        route.half_close("client")
        assert connection.recv(1) == b""
        connection.sendall(b" again")
        deadline = time.monotonic() + 5
        while echo.heard != b"hello again" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert echo.heard == b"hello again"


def test_a_half_closed_server_hears_the_end(route: ProxyRoute, echo: Echo) -> None:
    with client(route) as connection:
        assert say(connection) == b"hello"
        route.half_close("server")
        assert connection.recv(1) == b""  # as the server has closed
    assert ended(echo, "closed")


def test_a_server_that_is_away_is_a_connection_that_ends(proxies: Proxies, echo: Echo) -> None:
    route = proxies.open("worker-1:database", echo.address)
    echo.close()
    with pytest.raises(ConnectionResetError), client(route) as connection:  # at once, or at the first look
        connection.recv(1)


def test_a_closed_route_leaves_nothing(proxies: Proxies, echo: Echo) -> None:
    route = proxies.open("worker-1:database", echo.address)
    with client(route) as connection:
        assert say(connection) == b"hello"
        route.close()
        route.close()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(ConnectionRefusedError):
        client(route)


@pytest.mark.parametrize("fault", [Delay(), BlackHole(), SwallowAndReset(), Reset(), Cut(), HalfClose()])
def test_a_fault_strikes_its_target_alone_and_is_undone(
    proxies: Proxies, echo: Echo, fault: NetworkFault
) -> None:
    names = ["worker-1:database", "worker-1:broker", "relay-1:database", "relay-1:broker"]
    site = SimpleNamespace(routes={name: proxies.open(name, echo.address) for name in names})
    assert fault.possible(site)  # type: ignore[arg-type]
    assert {"*:broker", "relay-1:*", "worker-1:database"} <= set(fault.targets(site))  # type: ignore[arg-type]
    connections = {name: client(route) for name, route in site.routes.items()}
    for connection in connections.values():
        assert say(connection) == b"hello"
    fault.strike(site, "*:broker", SEEDED)  # type: ignore[arg-type]
    for name, connection in connections.items():
        if name.endswith("database"):
            before = time.monotonic()
            assert say(connection) == b"hello"
            assert time.monotonic() - before < 0.2
    fault.undo(site)  # type: ignore[arg-type]
    fault.undo(site)  # type: ignore[arg-type]
    for connection in connections.values():
        connection.close()
    for route in site.routes.values():
        with client(route) as connection:
            assert say(connection) == b"hello"
