"""Which processes of this machine a URL's server is: found by the port that they listen on."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from proving.speed import processes

_PORTS = {"postgresql": 5432, "amqp": 5672, "pyamqp": 5672, "amqps": 5671}
_REDIS_PORT = 6379
#: What the servers' processes are called. Docker's proxy, that listens in their place, is none of them.
_NAMES = ("postgres", "beam.smp", "redis-server", "valkey-server", "valkey")
#: <linux/tcp_states.h>
_LISTENING = "0A"


def families(urls: dict[str, str]) -> dict[str, list[int]]:
    """Return the processes of each server, by the name of its URL; those elsewhere, or hidden, are left out.

    Other users' processes are seen by root alone. A server that two URLs name is told once.
    """
    found: dict[str, list[int]] = {}
    for name, url in urls.items():
        root = _listener(url)
        if root is not None and all(root != each[0] for each in found.values()):
            found[name] = processes.family(root)
    return found


def _listener(url: str) -> int | None:
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    if not parts.hostname or not _is_here(parts.hostname):
        return None
    port = parts.port or _PORTS.get(scheme, _REDIS_PORT)
    inodes = set(_inodes(port))
    holders = [pid for pid in _pids() if _command(pid).startswith(_NAMES) and inodes & set(_sockets(pid))]
    # Workers of PostgreSQL hold their parent's socket too: the first is the one whose parent does not.
    return next((pid for pid in holders if _parent(pid) not in holders), None)


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback or _is_bound(host)
    with suppress(OSError):
        return any(_is_bound(str(each[4][0])) for each in socket.getaddrinfo(host, None))
    return False


def _is_bound(address: str) -> bool:
    """Tell whether an address is one of this machine's."""
    with suppress(OSError), socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return True
    return False


def _inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield f"socket:[{fields[9]}]"


def _pids() -> list[int]:
    return sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _sockets(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(entry.readlink())


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
