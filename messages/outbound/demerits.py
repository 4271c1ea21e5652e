"""Demerits: what a write-off does to the credit rating (R11)."""

from datetime import date
from typing import ClassVar

from messages.outbound.data import Caused


class DemeritRecorded(Caused, frozen=True, kw_only=True):
    """The rating falls by `credit_rating_points` and the cash-only score rises, until `effective_to`."""

    type_name: ClassVar[str] = "writeoff.demerit-recorded.v1"

    demerit_id: str
    event_sequence: int
    credit_rating_points: int
    cash_only_points: int
    effective_from: date
    effective_to: date


class DemeritEnded(Caused, frozen=True, kw_only=True):
    """The demerit counts until `effective_to` only."""

    type_name: ClassVar[str] = "writeoff.demerit-ended.v1"

    demerit_id: str
    effective_to: date
    reason: str
