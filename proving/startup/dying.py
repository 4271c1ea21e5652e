"""A process that ends itself with SIGKILL at one of the product's crash points (`store.crash_points`)."""

import os
import signal

from store import crash_points
from writeoff.errors import WriteoffError


class NoSuchPoint(WriteoffError):
    """A crash point that a process is to die at is not there any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the product has no crash point {name}: see store/crash_points.py")


def die_at(where: str) -> None:
    """Let this process die when it reaches a point: `relay.sent`, or `relay.sent#2` for the second time.

    Raises `NoSuchPoint`.
    """
    name, _, number = where.partition("#")
    if name not in crash_points.POINTS:
        raise NoSuchPoint(name)
    left = int(number or 1)

    def reached(point: str) -> None:
        nonlocal left
        left -= point == name
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    crash_points.watch(reached)
