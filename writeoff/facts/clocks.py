"""What must be looked at later, and what day it is."""

from datetime import date, datetime
from typing import Literal

from writeoff.facts.fact import Fact

TimerKind = Literal["days-in-default", "hold-end", "recall", "next-agency", "arrival"]


class TimerSet(Fact, frozen=True, kw_only=True):
    """Something must be looked at later: on a business date, or at a moment of the database clock."""

    kind: TimerKind
    subject: str
    due_on: date | None = None
    due_at: datetime | None = None


class TimerCleared(Fact, frozen=True, kw_only=True):
    """A timer has been looked at, or is no longer wanted."""

    kind: TimerKind
    subject: str


class BusinessDateSet(Fact, frozen=True, kw_only=True):
    """An operator set the opco's business date, or with None let the calendar count again."""

    business_date: date | None
