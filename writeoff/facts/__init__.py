"""Facts: what happened, past tense. The store records them; each consumer's projection speaks of them.

Every fact carries its `cause`. Amounts are minor units of `currency`.
"""

from writeoff.facts.accounts import (
    AccountRestored,
    AccountWrittenOff,
    AttemptRecorded,
    HeldByType,
    PaymentCanceled,
    PaymentRecorded,
    ProductOutcome,
    SnapshotTaken,
    StandingChanged,
)
from writeoff.facts.agencies import (
    ReferralChanged,
    ReferralClosed,
    ReferralEndReason,
    ReferralPlaced,
    ReferralReplied,
)
from writeoff.facts.answers import Difference, Refusal, RequestAnswered, RequestStatus
from writeoff.facts.clocks import BusinessDateSet, TimerCleared, TimerKind, TimerSet
from writeoff.facts.customers import ContactRecorded, DemeritEnded, DemeritRecorded, LetterCorrected
from writeoff.facts.events import (
    EventCanceled,
    EventCompleted,
    EventDue,
    EventFailed,
    EventResumed,
    EventSuspended,
    KindPaused,
    KindResumed,
)
from writeoff.facts.fact import Fact
from writeoff.facts.ledger import ClaimedTax, JournalPosted, PeriodClosed, PeriodOpened, TaxClaimRecorded
from writeoff.facts.messages import (
    AcknowledgementRecorded,
    DeadLetterDiscarded,
    DeadLetterEdited,
    DeadLetterRetried,
    ReplayOrdered,
)
from writeoff.facts.processes import AgreementsLeft, ProcessEnded, ProcessReversed, ProcessStarted
from writeoff.facts.requests import (
    ApprovalAwaited,
    ApprovalSettled,
    ItemDecided,
    ItemsCompared,
    ItemsRefused,
    ItemState,
    NeedsApproval,
    RequestItem,
    RequestOpened,
    RequestPaused,
    RequestResumed,
)
from writeoff.facts.todos import TodoClosed, TodoCreated

__all__ = [
    "AccountRestored",
    "AccountWrittenOff",
    "AcknowledgementRecorded",
    "AgreementsLeft",
    "ApprovalAwaited",
    "ApprovalSettled",
    "AttemptRecorded",
    "BusinessDateSet",
    "ClaimedTax",
    "ContactRecorded",
    "DeadLetterDiscarded",
    "DeadLetterEdited",
    "DeadLetterRetried",
    "DemeritEnded",
    "DemeritRecorded",
    "Difference",
    "EventCanceled",
    "EventCompleted",
    "EventDue",
    "EventFailed",
    "EventResumed",
    "EventSuspended",
    "Fact",
    "HeldByType",
    "ItemDecided",
    "ItemState",
    "ItemsCompared",
    "ItemsRefused",
    "JournalPosted",
    "KindPaused",
    "KindResumed",
    "LetterCorrected",
    "NeedsApproval",
    "PaymentCanceled",
    "PaymentRecorded",
    "PeriodClosed",
    "PeriodOpened",
    "ProcessEnded",
    "ProcessReversed",
    "ProcessStarted",
    "ProductOutcome",
    "ReferralChanged",
    "ReferralClosed",
    "ReferralEndReason",
    "ReferralPlaced",
    "ReferralReplied",
    "Refusal",
    "ReplayOrdered",
    "RequestAnswered",
    "RequestItem",
    "RequestOpened",
    "RequestPaused",
    "RequestResumed",
    "RequestStatus",
    "SnapshotTaken",
    "StandingChanged",
    "TaxClaimRecorded",
    "TimerCleared",
    "TimerKind",
    "TimerSet",
    "TodoClosed",
    "TodoCreated",
]
