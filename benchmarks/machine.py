"""What a run was made on: figures of other machines are no figures of this one."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psycopg
import redis

from benchmarks.installation import Servers

_LIBRARIES = ("celery", "dramatiq", "kombu", "msgspec", "psycopg", "sqlalchemy")
#: A machine that does nothing else is below this for each of its cores.
_BUSY = 0.3


def described() -> dict[str, str | int | float | bool]:
    """Return the machine, and whether it was busy when the run began."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0]
    return {
        "processor": _field("/proc/cpuinfo", "model name"),
        "cores": cores,
        "memory_mib": int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "system": platform.platform(),
        "load_at_start": round(load, 2),
        "busy_at_start": load > _BUSY * cores,
    }


def versions(servers: Servers) -> dict[str, str]:
    """Return versions of Python, libraries and servers."""
    with psycopg.connect(servers.postgresql.url()) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    client = redis.Redis.from_url(servers.valkey.url())
    about = client.info("server")
    client.close()
    rabbitmq = servers.rabbitmq.evaluate("rabbit_misc:version().")  # {ok, "3.10.8"}
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
        "postgresql": row[0] if row else "",
        "rabbitmq": rabbitmq.split('"')[1],
        "valkey": str(about.get("valkey_version") or about.get("redis_version")),
    }


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
