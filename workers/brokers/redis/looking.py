"""What a Redis says of itself, for the checks at start."""

from datetime import UTC, datetime

from redis.exceptions import NoPermissionError, ResponseError

from workers.brokers.address import BrokerAddress
from workers.brokers.redis.connection import Link
from writeoff.value import Value


class RedisState(Value, frozen=True, kw_only=True):
    """How a Redis keeps data. `hidden`: the user may not ask, and the rest says nothing."""

    version: str = ""
    append_only: bool = True
    fsync: str | None = None
    limit_bytes: int = 0
    eviction: str = "noeviction"
    hidden: bool = False


def state(address: BrokerAddress) -> RedisState:
    """Ask a Redis. Raises `BrokerUnavailable`."""
    link = Link(address)
    try:
        with link.guarded():
            try:
                info = link.client.info()
            except (NoPermissionError, ResponseError):
                return RedisState(hidden=True)
            try:
                fsync = link.client.config_get("appendfsync").get("appendfsync")
            except (NoPermissionError, ResponseError):
                fsync = None  # managed servers hide it
    finally:
        link.close()
    return RedisState(
        version=str(info.get("redis_version", "")),
        append_only=bool(info.get("aof_enabled")),
        fsync=fsync,
        limit_bytes=int(info.get("maxmemory", 0)),
        eviction=str(info.get("maxmemory_policy", "noeviction")),
    )


def moment(address: BrokerAddress) -> datetime:
    """Return a Redis's own time. Raises `BrokerUnavailable`."""
    link = Link(address)
    try:
        with link.guarded():
            seconds, microseconds = link.client.time()
    finally:
        link.close()
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)
