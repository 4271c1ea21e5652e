"""The life of a write-off process, as upstream sees it."""

from datetime import date
from typing import ClassVar, Literal

from messages.fields import Amount, Currency
from messages.outbound.data import Caused, ServiceAgreementAmount
from messages.words import Disposition, EndReason, EventStatus
from writeoff.value import Value


class PlannedEvent(Value, frozen=True, kw_only=True):
    """A step to come, and the day it is due (R9)."""

    sequence: int
    event_type: str
    kind: str
    trigger_date: date


class ProcessStarted(Caused, frozen=True, kw_only=True):
    """A process was created, with all its steps."""

    type_name: ClassVar[str] = "writeoff.process-started.v1"

    template: str
    policy_version: str
    created_on: date
    disposition: Disposition
    reason: str
    service_agreements: tuple[ServiceAgreementAmount, ...]
    amount: Amount
    currency: Currency
    events: tuple[PlannedEvent, ...]


class EndedEvent(Value, frozen=True, kw_only=True):
    """A step as the process left it; `completed_on` is null unless it is complete."""

    sequence: int
    event_type: str
    kind: str
    status: EventStatus
    completed_on: date | None


class ProcessEnded(Caused, frozen=True, kw_only=True):
    """The process is over, and why (R13, R14, R25)."""

    type_name: ClassVar[str] = "writeoff.process-ended.v1"

    status: Literal["inactive"] = "inactive"
    end_reason: EndReason
    ended_on: date
    comments: str | None
    events: tuple[EndedEvent, ...]
