"""The tasks broker of a URL, whichever it is."""

from typing import assert_never
from urllib.parse import parse_qsl, urlencode, urlsplit

import dramatiq

from workers.brokers.address import BrokerAddress, BrokerKind, UnusableBrokerUrl
from workers.hints.task_brokers.rabbitmq import RabbitHints
from workers.hints.task_brokers.redis import RedisHints

#: What redis-py calls the schemes that the messages' broker takes too.
_REDIS_SCHEMES = {
    "valkey": "redis",
    "valkeys": "rediss",
    "redis+socket": "unix",
    "valkey+socket": "unix",
}


def connect(url: str, *, consuming: bool = False) -> dramatiq.Broker:
    """Return Dramatiq's broker for a URL, with none of its middleware: no retries, delays or time limits.

    Connects when it is used first. Raises `UnusableBrokerUrl`.
    """
    address = BrokerAddress.of(url)
    match address.kind:
        case BrokerKind.REDIS:
            return RedisHints(redis_url(url))
        case BrokerKind.RABBITMQ:
            try:
                return RabbitHints(address, consuming=consuming)
            except OSError as error:
                raise UnusableBrokerUrl(f"{address}: TLS: {error}") from error
        case _:
            assert_never(address.kind)


def redis_url(url: str) -> str:
    """Return the URL as redis-py reads it. The names of kombu's are taken too: both URLs may be the same."""
    parts = urlsplit(url)
    options = [("db" if name == "virtual_host" else name, value) for name, value in parse_qsl(parts.query)]
    scheme = _REDIS_SCHEMES.get(parts.scheme, parts.scheme)
    query = f"?{urlencode(options)}" if options else ""
    return f"{scheme}://{parts.netloc}{parts.path}{query}"
