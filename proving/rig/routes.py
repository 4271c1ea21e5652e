"""The ways from a process to a server: each connection may be led through something that disturbs it."""

from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from writeoff.value import Value


class Address(Value, frozen=True, kw_only=True):
    """Where something listens on this machine, or elsewhere."""

    host: str
    port: int


class Route(Protocol):
    """One way: whoever connects to `address` comes out at `target`. Named `<process>:<server>`.

    Servers are `database`, `broker` and `tasks`; processes are the roles (`worker-2`), the consumers
    (`consumer-gl`) and the generator (`load`).
    """

    @property
    def name(self) -> str:
        """As `worker-2:database`."""
        ...

    @property
    def target(self) -> Address:
        """The server."""
        ...

    @property
    def address(self) -> Address:
        """What the process is told instead."""
        ...

    def close(self) -> None:
        """End it, with all its connections."""
        ...


class Direct(Value, frozen=True, kw_only=True):
    """No proxy: the process connects to the server itself."""

    name: str
    target: Address

    @property
    def address(self) -> Address:
        """The server's own."""
        return self.target

    def close(self) -> None:
        """Nothing to end."""


#: Opens a route: its name, and the server's address. The rig closes it.
OpenRoute = Callable[[str, Address], Route]


def direct(name: str, target: Address) -> Route:
    """Open a way without a proxy."""
    return Direct(name=name, target=target)


def address_of(url: str) -> Address | None:
    """Return where a server's URL leads to; None where there is no network, as with SQLite's files."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is None:
        return None
    return Address(host=parts.hostname, port=parts.port)


def led_to(url: str, address: Address) -> str:
    """Return a URL that leads to another address, all else unchanged."""
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}{at}{address.host}:{address.port}"))
