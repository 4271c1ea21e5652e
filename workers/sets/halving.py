"""Sets that break: done in halves, so that one poisonous member stops no other."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from store.engine.errors import StoreBusy, StoreUnavailable

log = structlog.get_logger()

Member = TypeVar("Member")


def in_halves(
    members: Sequence[Member],
    work: Callable[[Sequence[Member]], None],
    alone: Callable[[Member], None],
) -> None:
    """Do `work` on a set; one that breaks is done in halves, and `alone` gets each member that breaks alone.

    Raises what the database raises when it is away or busy: that is nobody's poison.
    """
    left: list[Sequence[Member]] = [members]
    while left:
        part = left.pop()
        try:
            work(part)
        except (StoreUnavailable, StoreBusy):
            raise
        except Exception:
            log.exception("writeoff.set.broken", members=len(part))
            if len(part) == 1:
                alone(part[0])
            else:
                half = len(part) // 2
                left += [part[half:], part[:half]]
