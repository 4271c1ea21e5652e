"""What the outcome of one event means for its process: successors, a to-do, the end (R9, R14)."""

from datetime import date

import msgspec

from handlers.agencies import recalls
from handlers.agencies.referrals import close_all
from handlers.event_types import kinds, parameters
from handlers.running.approvals import more_approval_needed
from handlers.wording.todos import todo_for
from writeoff.case import Case, EventCase
from writeoff.decision import Apply, Fail, Wait
from writeoff.facts import EventCompleted, EventDue, EventFailed, Fact, ProcessEnded
from writeoff.process import OPEN, EndReason, Event


def run(case: EventCase) -> tuple[Fact, ...]:
    """Decide one event and return everything that follows.

    A promise to pay makes some kinds wait (R6), a recall that no agency has acknowledged a write-off (R9).
    """
    kind = kinds()[case.event.kind]
    until = case.standing.hold_until
    if kind.waits_while_held and until is not None and case.standing.held_on(case.today):
        return settled(case, Wait(until=until))
    if missing := more_approval_needed(case):
        return settled(case, missing)
    if kind.posts and (waiting := recalls.wait(case)):
        return waiting
    return settled(case, kind.decide(case, parameters(case.policy, case.event.event_type)))


def settled(case: EventCase, outcome: Apply | Fail | Wait) -> tuple[Fact, ...]:
    """Return all facts of an event's outcome: its own, and what they mean for the process."""
    event = case.event
    match outcome:
        case Apply(facts=facts):
            amount = case.amount
            done = EventCompleted(
                cause=case.cause,
                sequence=event.sequence,
                kind=event.kind,
                event_type=event.event_type,
                amount=amount,
            )
            closed = msgspec.structs.replace(
                event, status="complete", completed_on=case.today, amount=amount, due_on=None
            )
            return (*facts, done, *follow_up(case, case.process.events_with(closed)))
        case Fail(reason=reason, detail=detail, facts=facts, todo=purpose):
            failed = EventFailed(cause=case.cause, sequence=event.sequence, reason=reason, detail=detail)
            task = todo_for(
                case,
                purpose,
                *failure(event, reason),
                amount=case.amount,
                sequence=event.sequence,
                detail=f"event {event.sequence} ({event.event_type}): {reason}, {detail}",
            )
            return (*facts, failed, task)
        case Wait(until=until):
            return (due(case, event, until),)


def failure(event: Event, reason: str) -> tuple[object, ...]:
    """Return what tells the to-do of this failure from those of other tries of the same event."""
    return (event.sequence, reason, *((event.attempts,) if event.reason == recalls.RETRIED else ()))


def follow_up(case: Case, events: tuple[Event, ...]) -> tuple[Fact, ...]:
    """Return the successors that may run now, or the end of the process when no event is open."""
    if is_open := {event.sequence for event in events if event.status in OPEN}:
        return tuple(due(case, event, event.trigger_date) for event in _released(events, is_open))
    complete = any(event.status == "complete" for event in events)
    return ended(case, events, "completed" if complete else "canceled")


def released(events: tuple[Event, ...]) -> list[Event]:
    """Return the pending events whose predecessors are all closed and that have no due date yet."""
    return _released(events, {event.sequence for event in events if event.status in OPEN})


def _released(events: tuple[Event, ...], is_open: set[int]) -> list[Event]:
    return [
        event
        for event in events
        if event.status == "pending"
        and event.due_on is None
        and event.reason != recalls.AWAITS_RECALL
        and not is_open.intersection(event.after)
    ]


def due(case: Case, event: Event, on: date) -> EventDue:
    """Return that the event may run from that business date."""
    return EventDue(cause=case.cause, sequence=event.sequence, kind=event.kind, due_on=on)


def ended(
    case: Case, events: tuple[Event, ...], reason: EndReason, comments: str | None = None
) -> tuple[Fact, ...]:
    """Return the end of the process; referrals are recalled at any end but `completed` (R13)."""
    recalled = () if reason == "completed" else close_all(case, "cancellation", f"process {reason}")
    end = ProcessEnded(
        cause=case.cause, end_reason=reason, ended_on=case.today, comments=comments, events=events
    )
    return (*recalled, end)
