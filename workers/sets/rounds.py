"""Rounds: at most one decision an account, so that each sees what the one before it did."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from store.engine.locking import AccountKey

Work = TypeVar("Work")


def next_round(
    work: Iterable[Work], account: Callable[[Work], AccountKey | None]
) -> tuple[list[Work], list[Work]]:
    """Split work into this round and the rest, both in order; work without an account is never held up."""
    taken: set[AccountKey] = set()
    turn: list[Work] = []
    rest: list[Work] = []
    for each in work:
        key = account(each)
        (rest if key in taken else turn).append(each)
        if key is not None:
            taken.add(key)
    return turn, rest
