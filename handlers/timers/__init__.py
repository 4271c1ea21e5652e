"""What happens when a timer is due, by kind: day D, the end of a hold (R6), of a wait (R9, R26).

Arrivals are apart (R16).
"""

from collections.abc import Callable

from handlers.timers import days_in_default, hold_end, next_agency, recall
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import TimerKind

#: Timers by account; a timer of kind `arrival` decides its message or item again instead.
BY_ACCOUNT: dict[TimerKind, Callable[[Case], Apply]] = {
    "days-in-default": days_in_default.decide,
    "hold-end": hold_end.decide,
}

#: Timers of an account of which it may have several: the subject begins with the process that each is about.
BY_SUBJECT: dict[TimerKind, Callable[[Case, str], Apply]] = {
    "recall": recall.decide,
    "next-agency": next_agency.decide,
}
