"""What happens when a timer is due, by kind: day D, the end of a hold (R6). Arrivals are apart (R16)."""

from collections.abc import Callable

from handlers.timers import days_in_default, hold_end
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import TimerKind

#: Timers by account; a timer of kind `arrival` decides its message or item again instead.
BY_ACCOUNT: dict[TimerKind, Callable[[Case], Apply]] = {
    "days-in-default": days_in_default.decide,
    "hold-end": hold_end.decide,
}
