"""The write-off process, its events, and what they leave behind."""

from datetime import date, datetime
from typing import Literal

from writeoff.account import Product
from writeoff.value import Value

Disposition = Literal["write_off", "repossession", "opt_out"]
Origin = Literal["request", "repossession-failed"]
ProcessStatus = Literal["active", "inactive"]
EndReason = Literal["completed", "paid", "canceled", "agreements-removed", "reversed"]
EventStatus = Literal["pending", "complete", "canceled", "failed"]

#: An event still blocks its successors: pending, or failed until retried or skipped.
OPEN = ("pending", "failed")


class Event(Value, frozen=True, kw_only=True):
    """A dated step of a process. `due_on` is null while a predecessor is open (R9).

    `amount` is what R10 found when the event ran, in minor units.
    """

    sequence: int
    event_type: str
    kind: str
    trigger_date: date
    after: tuple[int, ...]
    due_on: date | None = None
    status: EventStatus = "pending"
    completed_on: date | None = None
    amount: int | None = None
    attempts: int = 0
    reason: str | None = None

    @property
    def open(self) -> bool:
        """True while the event still blocks its successors: pending, or failed until retried or skipped."""
        return self.status in OPEN


class Agreement(Value, frozen=True, kw_only=True):
    """An agreement in a process: its debt and its goods at the start; `left` once it was paid or removed.

    Later snapshots may have booked a return already, so what is lost is told from the goods at the start.
    """

    sa_id: str
    sa_type: str
    amount: int
    left: bool = False
    products: tuple[Product, ...] = ()


class ReturnedProduct(Value, frozen=True, kw_only=True):
    """Goods that came back; `fair_value` is the row's total in minor units (R21)."""

    sa_id: str
    product_id: str
    quantity: int
    condition: str | None
    fair_value: int


class Cause(Value, frozen=True, kw_only=True):
    """What a fact descends from: the process, and the inbound message that began it.

    `source` is that message's, where it is known. `at` is the moment by the database clock, `on` the opco's
    business date. Ids of effects derive from this and never from chance (R12).
    """

    opco: str
    account_id: str | None
    process_id: str | None
    request_id: str | None
    origin: Origin | None
    bulk: bool
    correlation_id: str
    causation_id: str
    at: datetime
    on: date
    actor: str
    traceparent: str | None = None
    tracestate: str | None = None
    source: str = ""


class Process(Value, frozen=True, kw_only=True):
    """A write-off process: one account, its indebted service agreements, a list of events.

    `approved` (minor units) is what was approved of it, where it owed less then than when it began (R5).
    """

    process_id: str
    opco: str
    account_id: str
    request_id: str
    origin: Origin
    bulk: bool
    disposition: Disposition
    reason: str
    comments: str | None
    template: str
    policy_digest: str
    created_on: date
    currency: str
    amount: int
    agreements: tuple[Agreement, ...]
    returned: tuple[ReturnedProduct, ...]
    events: tuple[Event, ...]
    correlation_id: str
    causation_id: str
    traceparent: str | None = None
    tracestate: str | None = None
    status: ProcessStatus = "active"
    end_reason: EndReason | None = None
    ended_on: date | None = None
    approved: int | None = None

    def event(self, sequence: int) -> Event:
        """Return the event with that sequence; KeyError when there is none."""
        for event in self.events:
            if event.sequence == sequence:
                return event
        raise KeyError(sequence)

    def events_with(self, changed: Event) -> tuple[Event, ...]:
        """Return the events with this one in the place of the one of its sequence."""
        sequence = changed.sequence
        return tuple([changed if event.sequence == sequence else event for event in self.events])

    def cause(self, at: datetime, on: date, actor: str) -> Cause:
        """Return the cause of what an event of this process does at that time."""
        return Cause(
            opco=self.opco,
            account_id=self.account_id,
            process_id=self.process_id,
            request_id=self.request_id,
            origin=self.origin,
            bulk=self.bulk,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            at=at,
            on=on,
            actor=actor,
            traceparent=self.traceparent,
            tracestate=self.tracestate,
        )

    def because_of(self, message: Cause) -> Cause:
        """Return the cause of what a message does to this process: correlated with the message."""
        return Cause(
            opco=self.opco,
            account_id=self.account_id,
            process_id=self.process_id,
            request_id=self.request_id,
            origin=self.origin,
            bulk=self.bulk,
            correlation_id=message.correlation_id,
            causation_id=message.causation_id,
            at=message.at,
            on=message.on,
            actor=message.actor,
            traceparent=message.traceparent,
            tracestate=message.tracestate,
        )


class Referral(Value, frozen=True, kw_only=True):
    """Debt placed with an agency; `amount` (minor units) is what counts as active referred debt now (R26).

    `event_sequence` and `ordinal`: which event placed it, as its how many-th. `end`: why it is no longer
    active. `recall_acknowledged`: the agency has stopped. `replies`: how often it has said something.
    """

    referral_id: str
    agency: str
    amount: int
    active: bool
    history_sequence: int
    event_sequence: int = 0
    ordinal: int = 1
    end: str | None = None
    recall_acknowledged: bool = False
    replies: int = 0

    @property
    def recall_outstanding(self) -> bool:
        """True while the referral is recalled and the agency has not said that it has stopped (R9)."""
        return self.end == "cancellation" and not self.recall_acknowledged
