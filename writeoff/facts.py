"""Facts: what happened, past tense. The store records them; each consumer's projection speaks of them.

Every fact carries its `cause`. Amounts are minor units of `currency`.
"""

from datetime import date, datetime
from typing import Literal

from writeoff.account import Account, Attempt, Payment, Person, Product, Standing
from writeoff.effects import Goods, Letter
from writeoff.journal import Bucket, Journal, Movement
from writeoff.process import Agreement, Cause, Disposition, EndReason, Event, Process
from writeoff.value import Value

RequestStatus = Literal["accepted", "accepted-in-part", "refused", "awaiting-approval"]
ItemState = Literal["pending", "waiting", "awaiting", "accepted", "refused"]
TimerKind = Literal["days-in-default", "hold-end", "recall", "next-agency", "arrival"]
ReferralEndReason = Literal["paid", "cancellation", "rejected", "uncollectible"]


class Fact(Value, frozen=True, kw_only=True):
    """Base of all facts."""

    cause: Cause


# --- the account ------------------------------------------------------------------------------------------


class SnapshotTaken(Fact, frozen=True, kw_only=True):
    """A newer snapshot of the account replaced the stored one."""

    account: Account
    persons: tuple[Person, ...]


class StandingChanged(Fact, frozen=True, kw_only=True):
    """What the worker keeps beside the snapshot changed; the whole new standing."""

    standing: Standing


class AttemptRecorded(Fact, frozen=True, kw_only=True):
    """A failed repossession was counted (R6)."""

    attempt: Attempt


class PaymentRecorded(Fact, frozen=True, kw_only=True):
    """A payment before a write-off was recorded, and counted where it counts on top of the snapshot (R16)."""

    payment: Payment
    currency: str


class PaymentCanceled(Fact, frozen=True, kw_only=True):
    """A payment did not hold, whether or not it has come yet (R24)."""

    payment_id: str
    canceled_at: datetime
    reason: str


class AccountWrittenOff(Fact, frozen=True, kw_only=True):
    """The last debt of the process was written off; the account is locked and its goods are lost (R14)."""

    account_state: str
    disposition: Disposition
    reason: str
    amount: int
    currency: str
    write_off_date: date
    repossession_id: str | None
    repossession_date: date | None
    repossession_category: str | None
    still_under_enforcement: bool
    write_off_agreements: tuple["HeldByType", ...]
    products: tuple["ProductOutcome", ...]
    #: What of it is referred now, agencies and minor units; none where the process wrote off before.
    referred: tuple[tuple[str, int], ...]


class HeldByType(Value, frozen=True, kw_only=True):
    """What one write-off agreement holds from a process."""

    sa_id: str
    sa_type: str
    amount: int


class ProductOutcome(Value, frozen=True, kw_only=True):
    """What became of goods, quantity by quantity (R14)."""

    sa_id: str
    product_id: str
    returned: int
    lost: int


class AccountRestored(Fact, frozen=True, kw_only=True):
    """A write-off was undone: the agreements owe again, the goods are the customer's again (R25)."""

    reversal_request_id: str
    account_state: str
    currency: str
    reason: str
    balances: tuple[tuple[str, int], ...]
    recoveries_kept: int
    products: tuple[Goods, ...]


# --- requests ---------------------------------------------------------------------------------------------


class RequestItem(Value, frozen=True, kw_only=True):
    """One account of a request. `body` holds returned goods and an embedded snapshot, as received."""

    ordinal: int
    account_id: str
    account_version: int | None = None
    state: ItemState = "pending"
    refusal: str | None = None
    message: str | None = None
    process_id: str | None = None
    amount: int | None = None
    body: bytes | None = None
    plan_digest: str | None = None


class RequestOpened(Fact, frozen=True, kw_only=True):
    """A write-off request was taken; its accounts are decided now (personal) or by expansion (bulk).

    `plan_digest` is the plan that it holds to; with `plan_checked` its accounts are compared with that first.
    """

    request_id: str
    kind: str
    disposition: Disposition
    reason: str
    comments: str | None
    requested_by: str
    roles: tuple[str, ...]
    command: str
    answers_message_id: str
    currency: str
    policy_digest: str
    revision: int
    items: tuple[RequestItem, ...]
    plan_digest: str | None = None
    plan_checked: int | None = None
    approval: "NeedsApproval | None" = None


class NeedsApproval(Value, frozen=True, kw_only=True):
    """A request that may need approval (R5): `roles` decide once its `total` (minor units) is known."""

    override_hold: bool
    total: int | None = None
    roles: tuple[str, ...] = ()


class ApprovalAwaited(Fact, frozen=True, kw_only=True):
    """The total of a request is known and needs approval by one of these roles; until then no effect (R5)."""

    request_id: str
    total: int
    roles: tuple[str, ...]


class ApprovalSettled(Fact, frozen=True, kw_only=True):
    """A request needs no approval at its `total`, or was approved or refused by somebody (R5).

    What awaited it is decided now, R2 again included, or refused.
    """

    request_id: str
    state: Literal["not-needed", "approved", "refused"]
    total: int | None = None
    decided_by: str | None = None
    roles: tuple[str, ...] = ()
    reason: str | None = None


class ItemDecided(Fact, frozen=True, kw_only=True):
    """An account of a request was accepted into a process or refused; or it waits for its snapshot (R16).

    `awaiting`: it could be written off, its amount is known, and nothing happens before approval (R5).
    """

    request_id: str
    ordinal: int
    state: ItemState
    refusal: str | None = None
    message: str | None = None
    process_id: str | None = None
    amount: int | None = None
    plan_digest: str | None = None


class ItemsCompared(Fact, frozen=True, kw_only=True):
    """Accounts of a request were compared with its plan (R4): the digest of each by ordinal.

    `checked` is the ordinal to go on with; None when the whole is as it was planned.
    """

    request_id: str
    digests: tuple[tuple[int, str], ...]
    checked: int | None


class ItemsRefused(Fact, frozen=True, kw_only=True):
    """Every account of a request that had not been decided was refused at once, for the same reason."""

    request_id: str
    refusal: str
    message: str


class RequestPaused(Fact, frozen=True, kw_only=True):
    """An operator paused a request: none of its accounts is decided, none of its events runs (R3)."""

    request_id: str
    reason: str


class RequestResumed(Fact, frozen=True, kw_only=True):
    """A request is paused no longer."""

    request_id: str


class Refusal(Value, frozen=True, kw_only=True):
    """Why one account of a request was refused, with a plain sentence (R2)."""

    account_id: str
    reason: str
    message: str


class Difference(Value, frozen=True, kw_only=True):
    """A figure of an account that is no longer as it was planned; None where there is none (R4)."""

    account_id: str
    field: str
    planned: str | None
    present: str | None


class RequestAnswered(Fact, frozen=True, kw_only=True):
    """A command was answered, in one or more parts (at most 1,000 refusals each)."""

    answers_message_id: str
    request_id: str
    command: str
    revision: int
    status: RequestStatus
    refusal: str | None
    message: str | None
    accepted: int
    refused: int
    totals: tuple[tuple[str, int], ...]
    refusals: tuple[Refusal, ...]
    part: int = 1
    parts: int = 1
    differences: tuple[Difference, ...] = ()
    plan_digest: str | None = None


# --- the process ------------------------------------------------------------------------------------------


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


class EventCompleted(Fact, frozen=True, kw_only=True):
    """An event was executed; `amount` is what R10 found."""

    sequence: int
    kind: str
    event_type: str
    amount: int


class EventCanceled(Fact, frozen=True, kw_only=True):
    """A pending event was canceled and will never run."""

    sequence: int
    reason: str


class EventFailed(Fact, frozen=True, kw_only=True):
    """An event could not be executed; it blocks its successors until it is retried or skipped (R9)."""

    sequence: int
    reason: str
    detail: str


class EventDue(Fact, frozen=True, kw_only=True):
    """The last predecessor closed, or a wait ended: the event may run from `due_on`."""

    sequence: int
    kind: str
    due_on: date


class EventSuspended(Fact, frozen=True, kw_only=True):
    """A pending event waits for something that is no date, such as an agency's acknowledgement (R9)."""

    sequence: int
    kind: str
    reason: str


class EventResumed(Fact, frozen=True, kw_only=True):
    """A suspended or failed event may run again: what it waited for has come, or somebody retries it.

    With the reason `retried` it no longer waits for acknowledgements. `attempts` are those of the event now.
    """

    sequence: int
    kind: str
    due_on: date
    attempts: int
    reason: str | None = None


# --- what events do ---------------------------------------------------------------------------------------


class DemeritRecorded(Fact, frozen=True, kw_only=True):
    """A demerit lowers the credit rating and raises the cash-only score for some months."""

    demerit_id: str
    event_sequence: int
    credit_rating_points: int
    cash_only_points: int
    effective_from: date
    effective_to: date


class DemeritEnded(Fact, frozen=True, kw_only=True):
    """A demerit counts no longer than `effective_to` (R25)."""

    demerit_id: str
    effective_to: date
    reason: str


class ReferralPlaced(Fact, frozen=True, kw_only=True):
    """Debt was placed with an agency (history reason `initial`, R11).

    `ordinal` counts the agencies that an event has tried: the next one follows a rejection (R26).
    `enforced`, here and below: the debt had been written off by then (R28).
    """

    referral_id: str
    event_sequence: int
    agency: str
    amount: int
    currency: str
    delinquent_since: date | None
    customer_class: str
    fulfilment_centre: str
    debtors: tuple[Person, ...]
    agreements: tuple[Agreement, ...]
    products: tuple[tuple[str, Product], ...]
    comments: str | None
    enforced: bool
    ordinal: int = 1


class ReferralChanged(Fact, frozen=True, kw_only=True):
    """The referred amount changed without becoming zero (R26)."""

    referral_id: str
    agency: str
    history_sequence: int
    amount: int
    previous: int
    currency: str
    reason: str
    payment_id: str | None
    enforced: bool


class ReferralClosed(Fact, frozen=True, kw_only=True):
    """A referral ended (R26): debt `paid`; `cancellation`, which recalls it; or given back by the agency."""

    referral_id: str
    agency: str
    history_sequence: int
    end: ReferralEndReason
    previous: int
    currency: str
    reason: str
    payment_id: str | None
    enforced: bool


class ReferralReplied(Fact, frozen=True, kw_only=True):
    """An agency said something about a referral: a note beside its history (R26).

    `sequence` counts the replies to this referral. `amount` (minor units) is what the agency names; no money
    is booked from it. `acknowledges_recall`: the agency has stopped (R9).
    """

    referral_id: str
    agency: str
    sequence: int
    reply: str
    agency_reference: str | None
    amount: int | None
    reason: str | None
    acknowledges_recall: bool


class ContactRecorded(Fact, frozen=True, kw_only=True):
    """A financially responsible person was written to; without recipients no letter follows (R11)."""

    contact_id: str
    event_sequence: int
    person: Person
    recipients: tuple[Person, ...]
    contact_class: str
    contact_type: str
    letter_template: str
    disposition: Disposition
    reason: str
    agency: str | None
    agreements: tuple[Agreement, ...]
    amount: int
    currency: str


class LetterCorrected(Fact, frozen=True, kw_only=True):
    """Everybody who got a letter is told that it no longer holds: a contact of its own (R25)."""

    contact_id: str
    letter: Letter
    contact_class: str
    contact_type: str
    letter_template: str
    disposition: Disposition
    reason: str
    currency: str


class TodoCreated(Fact, frozen=True, kw_only=True):
    """A task for a person in a role. Its id derives from its cause and its occasion (R12)."""

    todo_id: str
    event_sequence: int | None
    todo_type: str
    role: str
    priority: int
    subject: str
    message: str
    amount: int | None
    currency: str | None


class TodoClosed(Fact, frozen=True, kw_only=True):
    """What was to do no longer is."""

    todo_id: str
    reason: str


class JournalPosted(Fact, frozen=True, kw_only=True):
    """A balanced journal was posted; `buckets` are what it put into write-off agreements (R19).

    `movements` are what it took out of buckets that were there, or put back (R24, R25).
    """

    journal: Journal
    buckets: tuple[Bucket, ...]
    movements: tuple[Movement, ...] = ()


class ClaimedTax(Value, frozen=True, kw_only=True):
    """What a claim takes of one bucket, in minor units."""

    bucket_id: str
    distribution_code: str
    accounting_date: date
    amount: int


class TaxClaimRecorded(Fact, frozen=True, kw_only=True):
    """Relief of tax on written-off debt was claimed from the tax office, under its reference (R24)."""

    reference: str
    claimed_on: date
    parts: tuple[ClaimedTax, ...]


class PeriodClosed(Fact, frozen=True, kw_only=True):
    """An accounting period, such as `2026-11`, takes no more postings (R22)."""

    period: str


class PeriodOpened(Fact, frozen=True, kw_only=True):
    """A closed period takes postings again (R22)."""

    period: str


# --- what consumers say -----------------------------------------------------------------------------------


class AcknowledgementRecorded(Fact, frozen=True, kw_only=True):
    """A consumer said whether it took a message, and when it said so (R27)."""

    message_id: str
    consumer: str
    status: Literal["accepted", "rejected"]
    reference: str | None
    reason: str | None
    acknowledged_at: datetime


# --- clocks -----------------------------------------------------------------------------------------------


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


# --- what operators steer ---------------------------------------------------------------------------------


class BusinessDateSet(Fact, frozen=True, kw_only=True):
    """An operator set the opco's business date, or with None let the calendar count again."""

    business_date: date | None


class KindPaused(Fact, frozen=True, kw_only=True):
    """An operator paused a kind of event, of every opco."""

    kind: str
    reason: str


class KindResumed(Fact, frozen=True, kw_only=True):
    """An operator let a kind of event run again."""

    kind: str


class ReplayOrdered(Fact, frozen=True, kw_only=True):
    """An operator wants what was published since a moment published again, to one destination or all."""

    since: datetime
    destination: str | None
    without_opco: bool


class DeadLetterRetried(Fact, frozen=True, kw_only=True):
    """An operator had a dead letter read again: it is this message of the journal now.

    `revision` is the one that was decided about; `reason` what was done about the cause.
    """

    dead_letter_id: str
    revision: int
    source: str
    message_id: str
    reason: str | None


class DeadLetterEdited(Fact, frozen=True, kw_only=True):
    """An operator corrected a dead letter: it is this message of the journal now, under a new id."""

    dead_letter_id: str
    revision: int
    source: str
    message_id: str
    reason: str | None


class DeadLetterDiscarded(Fact, frozen=True, kw_only=True):
    """An operator decided that nothing shall come of a dead letter."""

    dead_letter_id: str
    revision: int
    reason: str
