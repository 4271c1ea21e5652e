"""The case as it stands after facts: what the next decision about the same process looks at.

The executor uses it to go on with the next event in one transaction; a plan (R4) to go on without writing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from writeoff.accounting.recovery import after_movements
from writeoff.case import Case
from writeoff.facts import (
    AgreementsLeft,
    EventCanceled,
    EventCompleted,
    EventDue,
    EventFailed,
    EventResumed,
    EventSuspended,
    Fact,
    JournalPosted,
    ProcessEnded,
    ProcessStarted,
    ReferralChanged,
    ReferralClosed,
    ReferralPlaced,
    ReferralReplied,
    SnapshotTaken,
    StandingChanged,
)
from writeoff.process import Event, Process, Referral

#: What a fact changes in a case: the fields of the case that are new.
_Changes = dict[str, Any]
#: Among them for the while, the events of a process as a list: put back once, however many facts change one.
_EVENTS = "events"


def after(case: Case, facts: Iterable[Fact]) -> dict[str, Any]:
    """Return the fields of the case that facts of its own account and process have changed.

    `replace(case, **after(case, facts))` is the next case. Agency totals are the set's, and change in place.
    """
    now: _Changes = {}
    for fact in facts:
        if fold := _FOLDS.get(type(fact)):
            fold(case, now, fact)
    if (events := now.pop(_EVENTS, None)) is not None:
        now["process"] = replace(_process(case, now), events=tuple(events))
    return now


def _process(case: Case, now: _Changes) -> Process:
    process: Process | None = now.get("process", case.process)
    if process is None:
        raise LookupError("a fact of a process in a case that has none")
    return process


def _event(case: Case, now: _Changes, sequence: int, **changes: Any) -> None:
    events: list[Event] | None = now.get(_EVENTS)
    if events is None:
        events = now[_EVENTS] = list(_process(case, now).events)
    for place, each in enumerate(events):
        if each.sequence == sequence:
            events[place] = replace(each, **changes)
            return


def _snapshot(_case: Case, now: _Changes, fact: SnapshotTaken) -> None:
    now["account"], now["persons"] = fact.account, fact.persons


def _started(_case: Case, now: _Changes, fact: ProcessStarted) -> None:
    now["process"] = fact.process
    now.pop(_EVENTS, None)


def _due(case: Case, now: _Changes, fact: EventDue) -> None:
    _event(case, now, fact.sequence, due_on=fact.due_on)


def _suspended(case: Case, now: _Changes, fact: EventSuspended) -> None:
    _event(case, now, fact.sequence, due_on=None, reason=fact.reason)


def _resumed(case: Case, now: _Changes, fact: EventResumed) -> None:
    changes = {"due_on": fact.due_on, "reason": fact.reason, "attempts": fact.attempts}
    _event(case, now, fact.sequence, status="pending", **changes)


def _completed(case: Case, now: _Changes, fact: EventCompleted) -> None:
    _event(
        case,
        now,
        fact.sequence,
        status="complete",
        due_on=None,
        completed_on=fact.cause.on,
        amount=fact.amount,
    )


def _canceled(case: Case, now: _Changes, fact: EventCanceled) -> None:
    _event(case, now, fact.sequence, status="canceled", due_on=None, reason=fact.reason)


def _failed(case: Case, now: _Changes, fact: EventFailed) -> None:
    _event(case, now, fact.sequence, status="failed", due_on=None, reason=fact.reason)


def _ended(case: Case, now: _Changes, fact: ProcessEnded) -> None:
    now.pop(_EVENTS, None)
    now["process"] = replace(
        _process(case, now),
        status="inactive",
        end_reason=fact.end_reason,
        ended_on=fact.ended_on,
        events=fact.events,
    )


def _agreements(case: Case, now: _Changes, fact: AgreementsLeft) -> None:
    now["process"] = replace(_process(case, now), agreements=fact.agreements)


def _standing(_case: Case, now: _Changes, fact: StandingChanged) -> None:
    now["standing"] = fact.standing


def _journal(case: Case, now: _Changes, fact: JournalPosted) -> None:
    if fact.buckets or fact.movements:
        held = now.get("buckets", case.buckets)
        now["buckets"] = (*after_movements(held, fact.movements), *fact.buckets)


def _placed(case: Case, now: _Changes, fact: ReferralPlaced) -> None:
    placed = Referral(
        referral_id=fact.referral_id,
        agency=fact.agency,
        amount=fact.amount,
        active=True,
        history_sequence=1,
        event_sequence=fact.event_sequence,
        ordinal=fact.ordinal,
    )
    now["referrals"] = (*now.get("referrals", case.referrals), placed)


def _referral(case: Case, now: _Changes, referral_id: str, **changes: Any) -> None:
    now["referrals"] = tuple(
        replace(each, **changes) if each.referral_id == referral_id else each
        for each in now.get("referrals", case.referrals)
    )


def _changed(case: Case, now: _Changes, fact: ReferralChanged) -> None:
    _referral(case, now, fact.referral_id, amount=fact.amount, history_sequence=fact.history_sequence)


def _closed(case: Case, now: _Changes, fact: ReferralClosed) -> None:
    changes = {"amount": 0, "active": False, "history_sequence": fact.history_sequence, "end": fact.end}
    _referral(case, now, fact.referral_id, **changes)


def _replied(case: Case, now: _Changes, fact: ReferralReplied) -> None:
    changes = {"recall_acknowledged": True} if fact.acknowledges_recall else {}
    _referral(case, now, fact.referral_id, replies=fact.sequence, **changes)


_FOLDS: Mapping[type[Fact], Callable[[Case, _Changes, Any], None]] = {
    SnapshotTaken: _snapshot,
    ProcessStarted: _started,
    EventDue: _due,
    EventSuspended: _suspended,
    EventResumed: _resumed,
    EventCompleted: _completed,
    EventCanceled: _canceled,
    EventFailed: _failed,
    ProcessEnded: _ended,
    AgreementsLeft: _agreements,
    StandingChanged: _standing,
    JournalPosted: _journal,
    ReferralPlaced: _placed,
    ReferralChanged: _changed,
    ReferralClosed: _closed,
    ReferralReplied: _replied,
}
