"""Writing facts down, a set at a time: one recorder for each kind of fact, always in the same order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from store.engine.transaction import Transaction
from store.recording import (
    accounts,
    acknowledgements,
    approvals,
    dead_letters,
    effects,
    ledger,
    pauses,
    periods,
    processes,
    referrals,
    replays,
    requests,
    reversals,
    steering,
    timers,
)
from store.recording.buckets import tax_claims_recorded
from writeoff import facts as kinds
from writeoff.facts import Fact

Recorder = Callable[[Transaction, Sequence[Any]], None]

#: What comes first is written first, so that two transactions touch shared rows in one order.
RECORDERS: tuple[tuple[type[Fact], Recorder], ...] = (
    (kinds.SnapshotTaken, accounts.snapshots_taken),
    (kinds.StandingChanged, accounts.standings_changed),
    (kinds.AttemptRecorded, accounts.attempts_recorded),
    (kinds.PaymentRecorded, accounts.payments_recorded),
    (kinds.PaymentCanceled, accounts.payments_canceled),
    (kinds.RequestOpened, requests.requests_opened),
    (kinds.ItemDecided, requests.items_decided),
    (kinds.ItemsCompared, requests.items_compared),
    (kinds.ItemsRefused, requests.items_refused),
    (kinds.ApprovalAwaited, approvals.approvals_awaited),
    (kinds.ApprovalSettled, approvals.approvals_settled),
    (kinds.RequestPaused, pauses.requests_paused),
    (kinds.RequestResumed, pauses.requests_resumed),
    (kinds.RequestAnswered, requests.requests_answered),
    (kinds.ProcessStarted, processes.processes_started),
    (kinds.AgreementsLeft, processes.agreements_left),
    # A hold may end and the process with it: what has become due may be closed in the same set.
    (kinds.EventDue, processes.events_due),
    (kinds.EventResumed, processes.events_resumed),
    (kinds.EventSuspended, processes.events_suspended),
    (kinds.EventCompleted, processes.events_completed),
    (kinds.EventCanceled, processes.events_canceled),
    (kinds.EventFailed, processes.events_failed),
    (kinds.ProcessEnded, processes.processes_ended),
    (kinds.ProcessReversed, reversals.processes_reversed),
    (kinds.DemeritRecorded, effects.demerits_recorded),
    (kinds.DemeritEnded, reversals.demerits_ended),
    (kinds.ReferralPlaced, referrals.referrals_placed),
    (kinds.ReferralChanged, referrals.referrals_changed),
    (kinds.ReferralClosed, referrals.referrals_closed),
    (kinds.ReferralReplied, referrals.referrals_replied),
    (kinds.AcknowledgementRecorded, acknowledgements.acknowledgements_recorded),
    (kinds.ContactRecorded, effects.contacts_recorded),
    (kinds.LetterCorrected, reversals.letters_corrected),
    (kinds.TodoCreated, effects.todos_created),
    (kinds.TodoClosed, reversals.todos_closed),
    (kinds.AccountWrittenOff, effects.goods_recorded),
    (kinds.AccountRestored, reversals.goods_restored),
    (kinds.JournalPosted, ledger.journals_posted),
    (kinds.TaxClaimRecorded, tax_claims_recorded),
    (kinds.PeriodClosed, periods.periods_closed),
    (kinds.PeriodOpened, periods.periods_opened),
    (kinds.TimerSet, timers.timers_set),
    (kinds.TimerCleared, timers.timers_cleared),
    (kinds.BusinessDateSet, steering.business_dates_set),
    (kinds.KindPaused, steering.kinds_paused),
    (kinds.KindResumed, steering.kinds_resumed),
    (kinds.DeadLetterRetried, dead_letters.letters_retried),
    (kinds.DeadLetterEdited, dead_letters.letters_edited),
    (kinds.DeadLetterDiscarded, dead_letters.letters_discarded),
    (kinds.ReplayOrdered, replays.replays_ordered),
)


def record(tx: Transaction, facts: Iterable[Fact]) -> None:
    """Write facts down. Facts of one kind keep their order; kinds are written in the order above."""
    by_kind: dict[type[Fact], list[Fact]] = defaultdict(list)
    for fact in facts:
        by_kind[type(fact)].append(fact)
    for kind, recorder in RECORDERS:
        if found := by_kind.pop(kind, None):
            recorder(tx, found)
    if by_kind:
        raise LookupError(f"facts without a recorder: {', '.join(kind.__name__ for kind in by_kind)}")
