"""Undoing a write-off: every completed event of its process is compensated (R25)."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from handlers.agencies.referrals import close_all
from writeoff import identity
from writeoff.account import Restored, Standing
from writeoff.accounting.reversal import Undone, undo
from writeoff.case import Case
from writeoff.effects import Effects
from writeoff.facts import (
    AccountRestored,
    DemeritEnded,
    EventCanceled,
    Fact,
    JournalPosted,
    LetterCorrected,
    ProcessEnded,
    ProcessReversed,
    StandingChanged,
    TodoClosed,
)
from writeoff.journal import Journal, Posted, checked
from writeoff.process import Process
from writeoff.value import Value

#: Why effects end, as consumers are told; what the requester gives as a reason is on letters and journals.
REASON = "write-off reversed"


class Reversing(Value, frozen=True, kw_only=True):
    """What is needed to undo a write-off: all of it is certain. `case.cause` is that of the process."""

    case: Case
    process: Process
    standing: Standing
    effects: Effects
    request_id: str
    reason: str


class Reversal(Value, frozen=True, kw_only=True):
    """What it came to: what the agreements owe again in all (minor units), and everything that happened."""

    amount: int
    facts: tuple[Fact, ...]


def reverse(reversing: Reversing) -> Reversal:
    """Compensate the process. Recoveries stay; so do write-downs, which are none of its events (R7)."""
    case, process = reversing.case, reversing.process
    undone = [
        (written, undo(case.policy, written, case.buckets, reversing.effects.movements, case.today))
        for written in reversing.effects.written
    ]
    owed = _owed(reversing, [lines for _, lines in undone])
    amount = sum(owed.values())
    standing = _restored(reversing, owed)
    kept = sum(bucket.written_off - bucket.held for bucket in case.buckets)
    facts = (
        *(journal for written, lines in undone for journal in _journal(reversing, written, lines)),
        StandingChanged(cause=case.cause, standing=standing),
        *close_all(case, "cancellation", REASON),
        *_ended_effects(reversing),
        *_ended_process(reversing),
        ProcessReversed(
            cause=case.cause,
            reversal_request_id=reversing.request_id,
            reason=reversing.reason,
            amount=amount,
            currency=process.currency,
            recoveries_kept=kept,
        ),
        AccountRestored(
            cause=case.cause,
            reversal_request_id=reversing.request_id,
            account_state=standing.state,
            currency=process.currency,
            reason=reversing.reason,
            balances=tuple(owed.items()),
            recoveries_kept=kept,
            products=reversing.effects.goods,
        ),
    )
    return Reversal(amount=amount, facts=facts)


def _owed(reversing: Reversing, undone: Sequence[Undone]) -> dict[str, int]:
    """Return what each written-off agreement of the process owes again, in the process's order."""
    gone = {line.sa_id for written in reversing.effects.written for line in written.lines}
    owed = {each.sa_id: 0 for each in reversing.process.agreements if each.sa_id in gone}
    for lines in undone:
        for line in lines.lines:
            if line.side == "debit" and line.sa_id in owed:
                owed[line.sa_id] += line.amount
    return owed


def _restored(reversing: Reversing, owed: Mapping[str, int]) -> Standing:
    """Return the standing after it: debt, state and goods as before, no lock (R15)."""
    case, standing = reversing.case, reversing.standing
    back = tuple(Restored(sa_id=sa_id, at=case.now) for sa_id in owed)
    return msgspec.structs.replace(
        standing,
        balances={**standing.balances, **owed},
        state=standing.state_before or standing.state,
        state_before=None,
        locked_by=None,
        written_off_agreements=tuple(sa_id for sa_id in standing.written_off_agreements if sa_id not in owed),
        restored=(*(each for each in standing.restored if each.sa_id not in owed), *back),
    )


def _journal(reversing: Reversing, written: Posted, undone: Undone) -> Iterator[Fact]:
    """Post what undoes one journal; with everything recovered there may be nothing left to move."""
    if not undone.lines:
        return
    case, process = reversing.case, reversing.process
    dates = case.periods.dates(case.today)
    journal = Journal(
        journal_id=identity.derive("journal", process.process_id, written.event_sequence, "reversal"),
        kind="reversal",
        leg="reversal",
        event_sequence=written.event_sequence,
        disposition=process.disposition,
        reason=reversing.reason,
        description=f"Reversal of write-off {process.account_id}",
        fulfilment_centre=written.fulfilment_centre,
        transaction_date=dates.transaction_date,
        posting_date=dates.posting_date,
        moved_from_period=dates.moved_from_period,
        currency=process.currency,
        lines=undone.lines,
        policy_digest=case.policy.digest,
        basis=_basis(reversing, written),
        reverses_journal_id=written.journal_id,
    )
    yield JournalPosted(cause=case.cause, journal=checked(journal), buckets=(), movements=undone.movements)


def _basis(reversing: Reversing, written: Posted) -> bytes:
    """Return what the figures were decided on, for computing them again (R23)."""
    return msgspec.json.encode(
        {
            "policy": reversing.case.policy.digest,
            "reverses": written.journal_id,
            "buckets": reversing.case.buckets,
            "movements": reversing.effects.movements,
        }
    )


def _ended_effects(reversing: Reversing) -> Iterator[Fact]:
    """End demerits, correct letters, close to-dos."""
    case, process = reversing.case, reversing.process
    for demerit in reversing.effects.demerits:
        if demerit.effective_to > case.today:
            # A business date that was set back must not end a demerit before it began.
            ends = max(case.today, demerit.effective_from)
            yield DemeritEnded(
                cause=case.cause, demerit_id=demerit.demerit_id, effective_to=ends, reason=REASON
            )
    contact = case.policy.contact_types[case.policy.correction_contact_type]
    for letter in reversing.effects.letters:
        yield LetterCorrected(
            cause=case.cause,
            contact_id=identity.derive("contact", letter.contact_id, "correction"),
            letter=letter,
            contact_class=contact.contact_class,
            contact_type=contact.code,
            letter_template=contact.letter_template,
            disposition=process.disposition,
            reason=reversing.reason,
            currency=process.currency,
        )
    for todo_id in reversing.effects.todos:
        yield TodoClosed(cause=case.cause, todo_id=todo_id, reason=REASON)


def _ended_process(reversing: Reversing) -> Iterator[Fact]:
    """Cancel what is open and end a process that is active; one that has ended stays as it ended."""
    case, process = reversing.case, reversing.process
    if process.status != "active":
        return
    for event in process.events:
        if event.open:
            yield EventCanceled(cause=case.cause, sequence=event.sequence, reason=REASON)
    yield ProcessEnded(
        cause=case.cause,
        end_reason="reversed",
        ended_on=case.today,
        comments=reversing.reason,
        events=tuple(
            msgspec.structs.replace(event, status="canceled", due_on=None) if event.open else event
            for event in process.events
        ),
    )
