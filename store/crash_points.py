"""Named points between two durable acts of a process, where a test may end it; nothing happens otherwise.

No setting, variable or file turns them on: only code of this process that calls `watch`, as the sweep of
crash points does (`tests/crash_points`), and `proving` in processes of its own. What the sweep found is in
docs/crash-points.md.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from writeoff.value import Value

Where = Literal["everywhere", "postgresql", "sqlite", "rabbitmq", "redis"]


class CrashPoint(Value, frozen=True, kw_only=True):
    """What has happened when the point is reached, and what has not; and where it can be reached at all."""

    moment: str
    where: Where = "everywhere"


def _point(moment: str, where: Where = "everywhere") -> CrashPoint:
    return CrashPoint(moment=moment, where=where)


#: Every point by its name; a test fails where this and the calls of `reached` differ.
POINTS: Mapping[str, CrashPoint] = {
    "start.installed": _point("policies are installed; the broker's queues are not declared"),
    "start.declared": _point("policies and queues are there; no role has begun"),
    "intake.taken": _point("messages are in hand; nothing of them is written"),
    "intake.journaled": _point("messages are journaled in the open transaction; none is decided"),
    "intake.decided": _point("everything is written in the open transaction; it is not committed"),
    "intake.committed": _point("the set is committed; nothing of it is acknowledged"),
    "intake.acknowledged": _point("the set is acknowledged; no nudge has been sent"),
    "intake.marked": _point("messages that came again are marked; they are not looked at"),
    "intake.halved": _point("the first half of a set that broke is through; the second is not"),
    "intake.buried": _point("what broke intake is kept as a dead letter; it is not acknowledged"),
    "effects.recorded": _point("facts are recorded in the open transaction; nobody is to be told yet"),
    "effects.listed": _point(
        "messages are listed in the open transaction; agencies have not been counted up"
    ),
    "signals.rung": _point("the relay has been woken; no nudge has been sent"),
    "signals.nudged": _point("the relay has been woken, and one nudge has been sent; the next has not"),
    "events.fenced": _point("the fence of a set is committed; the set has not begun"),
    "events.decided": _point("a set is decided; nothing of it is written"),
    "events.written": _point("a set is written in the open transaction; its fence stands"),
    "events.committed": _point("a set is committed; nobody has been told"),
    "events.unfenced": _point("the fence of a set that broke is gone; its halves have not begun"),
    "events.counted": _point("an attempt of an event that broke alone is counted; it is not judged"),
    "events.failed": _point("an event that broke too often is judged; nothing else has followed"),
    "requests.compared": _point("accounts are compared with the plan; none is decided"),
    "requests.decided": _point("accounts are decided in the open transaction; it is not committed"),
    "requests.committed": _point("accounts are committed; nobody has been told"),
    "requests.set-aside": _point("an account that breaks every decision is set aside; nobody has been told"),
    "timers.decided": _point("timers are decided in the open transaction; it is not committed"),
    "timers.committed": _point("timers are committed; nobody has been told"),
    "timers.postponed": _point("a timer that broke is put off; the others have not followed"),
    "scheduler.leased": _point("the lease is taken, dead workers' sets are found and counted; none is sent"),
    "scheduler.halved": _point("the first half of a dead worker's set is sent; the second is not"),
    "scheduler.gave-up": _point("an event whose workers died is given up; the rest is not looked at"),
    "scheduler.sealing": _point("journals are sealed in the open transaction; it is not committed"),
    "scheduler.sealed": _point("journals are sealed; the log does not say so"),
    "scheduler.totalling": _point("sealed journals are in the totals in the open transaction; no commit yet"),
    "scheduler.totalled": _point("sealed journals are in the totals; nothing else has been looked at"),
    "scheduler.sent": _point("a set that nobody seemed to be at is sent; it is not noted as sent"),
    "scheduler.asked": _point("a request is sent to be gone on with; it is not noted as sent"),
    "scheduler.timed": _point("a look at the timers is asked for; it is not noted"),
    "upkeep.listing": _point("a set of a replay is listed in the open transaction; it is not committed"),
    "upkeep.listed": _point("a set of a replay is listed; the next is not"),
    "upkeep.cleaning": _point("a set is cleaned up in the open transaction; it is not committed"),
    "upkeep.cleaned": _point("a set is cleaned up; the next is not"),
    "retention.begun": _point("a month is noted as going in the open transaction; nothing of it is gone"),
    "retention.swapped": _point("a month's old partition is gone, its copy not in its place", "postgresql"),
    "relay.leased": _point("destinations are leased, their messages read; nothing is published"),
    "relay.sent": _point("messages are with the broker; no confirm has been read"),
    "relay.confirmed": _point("the broker has confirmed; nothing is taken off the list"),
    "relay.deleted": _point("messages are off the list in the open transaction; it is not committed"),
    "relay.settled": _point("messages are off the list; the next batch is not looked for"),
    "redis.given-back": _point("one message is back in its queue; the others in hand are not", "redis"),
    "operators.journaled": _point("a command is journaled in the open transaction; it is not decided"),
    "operators.decided": _point("a command is decided in the open transaction; it is not committed"),
    "operators.committed": _point("a command is committed; the operator has not been told"),
}

_watcher: Callable[[str], None] | None = None


def reached(name: str) -> None:
    """Say that this process is at a point. Costs 50 ns, a few times a set."""
    if _watcher is not None:
        _watcher(name)


def watch(watcher: Callable[[str], None] | None) -> None:
    """Have each point that this process reaches told to a function, which may end it; None ends the watch."""
    global _watcher  # noqa: PLW0603 - one process, one watcher
    _watcher = watcher
