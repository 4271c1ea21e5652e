"""Killing a world in process: at the k-th boundary where work becomes durable or visible to others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from store.engine.database import Database
from store.engine.transaction import Transaction
from workers.brokers.redis.inbound import RedisInbound
from workers.brokers.redis.outbound import RedisOutbound


class Killed(BaseException):
    """Ends what runs as a kill would: nothing of ours catches it and goes on."""


class Boundaries:
    """Counts, while armed, the boundaries that are passed: before and after each commit, after each
    acknowledgement and each publishing. Kills at the one with number `kill_at`, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed: list[str] = []
        self.kill_at: int | None = None
        self._armed = False
        self._wrap(monkeypatch)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Count and kill within the block."""
        self._armed = True
        try:
            yield
        finally:
            self._armed = False

    def restart(self, kill_at: int | None) -> None:
        """Begin to count anew."""
        self.passed = []
        self.kill_at = kill_at

    def _pass(self, name: str) -> None:
        if not self._armed:
            return
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            self.kill_at = None
            raise Killed(name)

    def _wrap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begin, acknowledge, publish = Database.begin, RedisInbound.acknowledge, RedisOutbound.publish
        boundaries = self

        @contextmanager
        def killable(database: Database) -> Iterator[Transaction]:
            with begin(database) as tx:
                yield tx
                boundaries._pass("before a commit")
            boundaries._pass("after a commit")

        def acknowledged(channel: RedisInbound, deliveries: Any) -> None:
            acknowledge(channel, deliveries)
            boundaries._pass("after an acknowledgement")

        def published(channel: RedisOutbound, batch: Any) -> Any:
            result = publish(channel, batch)
            boundaries._pass("after a publishing")
            return result

        monkeypatch.setattr(Database, "begin", killable)
        monkeypatch.setattr(RedisInbound, "acknowledge", acknowledged)
        monkeypatch.setattr(RedisOutbound, "publish", published)
