"""A process that kills or stops itself at one of the product's crash points (`store.crash_points`)."""

import signal
import threading

from store import crash_points
from writeoff.errors import WriteoffError


class NoSuchPoint(WriteoffError):
    """A crash point that a process is to die or to stop at is not there any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the product has no crash point {name}: see store/crash_points.py")


def die_at(where: str) -> None:
    """Let this process die when it reaches a point: `relay.sent`, or `relay.sent#2` for the second time.

    Raises `NoSuchPoint`.
    """
    _send_at(where, signal.SIGKILL)


def stop_at(where: str) -> None:
    """Let this process stand still at a point, once, until SIGCONT. Raises `NoSuchPoint`."""
    _send_at(where, signal.SIGSTOP)


def _send_at(where: str, what: signal.Signals) -> None:
    name, _, number = where.partition("#")
    if name not in crash_points.POINTS:
        raise NoSuchPoint(name)
    left = int(number or 1)

    def reached(point: str) -> None:
        nonlocal left
        if point != name:
            return
        left -= 1
        if left == 0:
            # To this thread: sent to the process, another one may take it, and this one run on for a moment.
            signal.pthread_kill(threading.get_ident(), what)

    crash_points.watch(reached)
