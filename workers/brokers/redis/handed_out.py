"""Kombu's record of what was handed out and not acknowledged, as sets of messages."""

import json
from collections.abc import Collection, Iterator, Sequence
from time import time
from uuid import uuid4

from store.crash_points import reached
from workers.brokers.redis.connection import Link
from workers.brokers.redis.envelope import returned
from workers.brokers.redis.scripts import RESTORE, TAKE, TOUCH

#: Marks our records among kombu's own; behind it come the set, the number in it, and the list's key.
TAG_PREFIX = "writeoff:"

#: Tags in one command: Lua unpacks at most about 8,000 arguments.
COMMAND_TAGS = 1_000

#: Overdue records restored in one go, so that a take is never held up for long.
RESTORE_LIMIT = 1_000


class HandedOut:
    """The hash and the index that kombu calls `unacked`. A crash within a method loses nothing."""

    def __init__(self, link: Link, visibility_seconds: float) -> None:
        """Register the scripts on a connected link."""
        self._visibility_seconds = visibility_seconds
        self._link = link
        self._hash = link.channel.unacked_key
        self._index = link.channel.unacked_index_key
        self._take = link.client.register_script(TAKE)
        self._restore = link.client.register_script(RESTORE)
        self._touch = link.client.register_script(TOUCH)

    def take(self, queues: Sequence[str], limit_messages: int, limit_bytes: int) -> list[tuple[str, bytes]]:
        """Pop what is there and record it, at once; return tags and envelopes, queue by queue."""
        keys = [(key, queue) for queue in queues for key in self._link.queue_keys(queue)]
        answer = self._take(
            keys=[self._hash, self._index, *(key for key, _ in keys)],
            args=[
                limit_messages,
                limit_bytes,
                f"{TAG_PREFIX}{uuid4().hex}:",
                *(json.dumps(queue) for _, queue in keys),
            ],
        )
        return [(tag.decode(), item) for tag, item in zip(answer[::2], answer[1::2], strict=True)]

    def forget(self, tags: Collection[str]) -> None:
        """Drop the records of acknowledged messages."""
        for some in _in_commands(tags):
            with self._link.client.pipeline(transaction=True) as pipeline:
                pipeline.zrem(self._index, *some)
                pipeline.hdel(self._hash, *some)
                pipeline.execute()

    def keep(self, tags: Collection[str]) -> None:
        """Start the visibility timeout of these records anew."""
        for some in _in_commands(tags):
            self._touch(keys=[self._index], args=list(some))

    def restore_overdue(self) -> None:
        """Put back what some channel of ours has held beyond the visibility timeout."""
        overdue = self._link.client.zrange(
            self._index,
            time() - self._visibility_seconds,
            0,
            byscore=True,
            desc=True,
            offset=0,
            num=RESTORE_LIMIT,
        )
        self.restore([tag.decode() for tag in overdue if tag.startswith(TAG_PREFIX.encode())])

    def restore(self, tags: Sequence[str]) -> None:
        """Put messages back, each at the end that is read next: give the youngest first."""
        for tag in tags:
            record = self._link.client.hget(self._hash, tag)
            if record is None:
                self._link.client.zrem(self._index, tag)
            else:
                key = key_of(tag)
                tail = f',"",{json.dumps(self._link.queue_of(key))}]'.encode()
                item = record[1 : -len(tail)]
                self._restore(keys=[self._hash, self._index, key], args=[tag, returned(item)])
                reached("redis.given-back")

    def counts(self) -> dict[str, int]:
        """Count the records of each queue."""
        counts: dict[str, int] = {}
        for tag in self._link.client.zrange(self._index, 0, -1):
            if tag.startswith(TAG_PREFIX.encode()):
                queue = self._link.queue_of(key_of(tag.decode()))
                counts[queue] = counts.get(queue, 0) + 1
        return counts


def key_of(tag: str) -> str:
    """Return the list that a record's message was popped from."""
    return tag.split(":", 3)[3]


def _in_commands(tags: Collection[str]) -> Iterator[list[str]]:
    ordered = list(tags)
    for start in range(0, len(ordered), COMMAND_TAGS):
        yield ordered[start : start + COMMAND_TAGS]
