"""What is sealed is added up while it is quiet; busy, only once much of it waits."""

from uuid import uuid4

import pytest

from store.engine.database import Database
from store.engine.leases import Lease
from store.engine.transaction import Transaction
from store.ledger import totals
from workers.scheduling.totalling import MOST_BEHIND, QUIET_SEALS, Totalling


@pytest.fixture
def totalling(monkeypatch: pytest.MonkeyPatch) -> tuple[Totalling, list[int]]:
    """Return what is tried, and how many seals each set takes: none when the list is empty."""
    left: list[int] = []

    def add_up(_tx: Transaction, _lease: Lease, _limit: int) -> int:
        return left.pop(0) if left else 0

    monkeypatch.setattr(totals, "add_up", add_up)
    lease = Lease(name="scheduler", token=str(uuid4()), holder="test", seconds=10.0)
    return Totalling(Database("sqlite:///:memory:"), lease), left


def test_who_begins_goes_on_with_what_is_left(totalling: tuple[Totalling, list[int]]) -> None:
    tried, left = totalling
    left += [2_000, 2_000, 17]
    assert [tried.step(0) for _ in range(5)] == [2_000, 2_000, 17, 0, 0]


def test_quiet_it_is_added_at_once(totalling: tuple[Totalling, list[int]]) -> None:
    tried, left = totalling
    assert tried.step(0) == 0
    left += [QUIET_SEALS]
    assert tried.step(QUIET_SEALS) == QUIET_SEALS


def test_busy_it_waits_until_it_is_much(totalling: tuple[Totalling, list[int]]) -> None:
    tried, left = totalling
    assert tried.step(0) == 0
    left += [2_000] * 20
    busy = QUIET_SEALS * 20
    assert [tried.step(busy) for _ in range(MOST_BEHIND // busy)] == [0] * 9 + [2_000]
    assert [tried.step(0) for _ in range(2)] == [2_000, 2_000]
