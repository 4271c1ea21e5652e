"""Waiting until agencies have acknowledged that a debt is recalled, before it is written off (R9)."""

from datetime import timedelta
from typing import Literal

import msgspec

from handlers.wording.todos import todo_for, todo_id
from writeoff.case import Case, EventCase
from writeoff.facts import (
    EventResumed,
    EventSuspended,
    Fact,
    TimerCleared,
    TimerSet,
    TodoClosed,
    TodoCreated,
)
from writeoff.process import Event, Process, Referral

#: Why a pending event waits, and why it failed when the wait was over in vain.
AWAITS_RECALL = "awaits-recall-acknowledgement"
NOT_ACKNOWLEDGED = "recall-not-acknowledged"
#: Why a failed event that somebody retries no longer waits: a person has taken it on.
RETRIED = "retried"


def outstanding(case: Case) -> tuple[Referral, ...]:
    """Return the recalled referrals of which the agency has not said that it has stopped.

    One that never was, or that an agency gave back, is not among them: it holds nothing up.
    """
    return tuple(referral for referral in case.referrals if referral.recall_outstanding)


def wait(case: EventCase) -> tuple[Fact, ...]:
    """Return the wait of an event that its template lets wait, or nothing when it need not."""
    event = case.event
    hours = case.policy.templates[case.process.template].event(event.sequence).recall_wait_hours
    if hours is None or event.reason == RETRIED or not outstanding(case):
        return ()
    return (
        EventSuspended(cause=case.cause, sequence=event.sequence, kind=event.kind, reason=AWAITS_RECALL),
        TimerSet(
            cause=case.cause,
            kind="recall",
            subject=subject(case.process, event),
            due_at=case.now + timedelta(hours=hours),
        ),
    )


def resumed(case: Case, process: Process) -> tuple[Fact, ...]:
    """Return that the events which wait for acknowledgements, or failed for want of them, may run."""
    if process.status != "active" or outstanding(case):
        return ()
    return tuple(
        fact
        for event in process.events
        if event.open and event.reason in (AWAITS_RECALL, NOT_ACKNOWLEDGED)
        for fact in (
            EventResumed(
                cause=case.cause,
                sequence=event.sequence,
                kind=event.kind,
                due_on=event.trigger_date,
                attempts=event.attempts,
            ),
            TimerCleared(cause=case.cause, kind="recall", subject=subject(process, event)),
        )
    )


def task(case: Case, process: Process, event: Event, referral: Referral) -> TodoCreated:
    """Return the to-do of an acknowledgement that has not come in time."""
    balances = case.standing.balances if case.standing else {}
    return todo_for(
        case,
        *_occasion(event, referral),
        amount=sum(max(balances.get(each.sa_id, 0), 0) for each in process.agreements if not each.left),
        sequence=event.sequence,
        detail=f"{referral.agency} has not acknowledged the recall of referral {referral.referral_id}",
    )


def settled(
    case: Case, process: Process, referral: Referral, reason: str = "recall acknowledged"
) -> tuple[Fact, ...]:
    """Return the end of that to-do, once the acknowledgement has come after all, or is not waited for."""
    tasks = [todo_id(case.cause, *_occasion(event, referral)) for event in process.events]
    return tuple(
        TodoClosed(cause=case.cause, todo_id=each, reason=reason)
        for each in tasks
        if each in case.effects.todos
    )


def _occasion(event: Event, referral: Referral) -> tuple[Literal["recall-not-acknowledged"], int, str]:
    return "recall-not-acknowledged", event.sequence, referral.referral_id


def subject(process: Process, event: Event) -> str:
    """Return the timer subject of an event's wait."""
    return f"{process.process_id}\x1f{event.sequence}"


def as_if_acknowledged(case: EventCase) -> EventCase:
    """Return the case in which every agency has stopped: what a plan supposes (R4)."""
    if not outstanding(case):
        return case
    referrals = tuple(msgspec.structs.replace(each, recall_acknowledged=True) for each in case.referrals)
    return msgspec.structs.replace(case, referrals=referrals)
