"""How a process began and ended."""

from datetime import date

from writeoff.facts.fact import Fact
from writeoff.process import Agreement, EndReason, Event, Process


class ProcessStarted(Fact, frozen=True, kw_only=True):
    """A process began with its dated events (R8, R9)."""

    process: Process


class AgreementsLeft(Fact, frozen=True, kw_only=True):
    """Service agreements left the process because payments or credits cleared them (R13)."""

    agreements: tuple[Agreement, ...]


class ProcessEnded(Fact, frozen=True, kw_only=True):
    """The process ended; `events` are all of its events as they stand now."""

    end_reason: EndReason
    ended_on: date
    comments: str | None
    events: tuple[Event, ...]


class ProcessReversed(Fact, frozen=True, kw_only=True):
    """A command compensated everything that the process had done (R25); `amount` is what is owed again."""

    reversal_request_id: str
    reason: str
    amount: int
    currency: str
    recoveries_kept: int
