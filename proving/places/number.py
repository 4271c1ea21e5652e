"""A database of Redis that nobody uses: by its number, claimed while it is empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import redis

from proving.places.keeping import Keep, never
from proving.places.refusal import PlaceLeft, PlaceRefused
from workers.hints.task_brokers.opening import redis_url
from workers.hints.task_brokers.redis import client

#: As many as a server has that says nothing else.
_USUAL = 16
#: Says whose a database is; it is there before anything else, and while it is, so is the place.
_MARK = "writeoff.place"
#: One script, so that nobody can come in between.
_CLAIM = "if redis.call('DBSIZE') == 0 then redis.call('SET', KEYS[1], ARGV[1]) return 1 end return 0"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('FLUSHDB') return 1 end return 0"


@contextmanager
def number(url: str, name: str, *, keep: Keep = never) -> Iterator[str]:
    """Claim an empty database, the last one first, give its URL, and empty it again.

    Number 0 is never taken. Raises `PlaceRefused` where none is empty, and `PlaceLeft`.
    """
    claimed = _claim(url, name)
    try:
        yield _numbered(url, claimed)
    finally:
        if not keep():
            _release(url, claimed, name)


def _claim(url: str, name: str) -> int:
    try:
        for each in range(_count(url) - 1, 0, -1):
            with client(redis_url(_numbered(url, each))) as connection:
                if connection.eval(_CLAIM, 1, _MARK, name):
                    return each
    except redis.RedisError as error:
        raise PlaceRefused(
            f"Redis gives no database of its own ({error}): a server with several databases is needed, "
            "and a user who may SELECT, EVAL and FLUSHDB"
        ) from error
    raise PlaceRefused("no database of Redis is empty: all its numbers from 1 on are used")


def _count(url: str) -> int:
    with client(redis_url(url)) as connection:
        try:
            return int(connection.config_get("databases").get("databases", _USUAL))
        except redis.ResponseError:  # a server of somebody's who lets nobody look at its settings
            return _USUAL


def _release(url: str, claimed: int, name: str) -> None:
    try:
        with client(redis_url(_numbered(url, claimed))) as connection:
            released = connection.eval(_RELEASE, 1, _MARK, name)
    except redis.RedisError as error:
        raise PlaceLeft(f"Redis database {claimed} is not emptied ({error}): FLUSHDB in it") from error
    if not released:
        raise PlaceLeft(f"Redis database {claimed} is not ours any more, and is left as it is")


def _numbered(url: str, each: int) -> str:
    """Return the URL with another database, in the way that its scheme has for it."""
    parts = urlsplit(url)
    if not parts.netloc:  # a socket: the path is the file's
        kept = [
            pair
            for pair in parts.query.split("&")
            if pair.partition("=")[0] not in {"", "db", "virtual_host"}
        ]
        return parts._replace(query="&".join([*kept, urlencode({"virtual_host": each})])).geturl()
    return parts._replace(path=f"/{each}").geturl()
