"""Cancelling a process, one event of it, or one of its agreements, at once (R13)."""

from collections.abc import Collection
from typing import Literal

import msgspec

from handlers.agencies.referrals import follow
from handlers.event_types import kinds
from handlers.running.settlement import ended, follow_up
from writeoff.case import Case
from writeoff.facts import AgreementsLeft, EventCanceled, Fact
from writeoff.process import Event, Process
from writeoff.value import Value


class NotPossible(Value, frozen=True, kw_only=True):
    """Why nothing is canceled: the code of the answer and a plain sentence."""

    refusal: Literal["no-active-process", "use-reversal", "not-cancelable"]
    message: str


def written_off(process: Process) -> bool:
    """Tell whether a write-off event of the process is complete: only a reversal undoes that (R13, R25)."""
    return any(event.status == "complete" and kinds()[event.kind].posts for event in process.events)


def use_reversal(process: Process) -> NotPossible:
    """Return that it is too late to cancel."""
    return NotPossible(
        refusal="use-reversal",
        message=f"Process {process.process_id} has written debt off; a reversal undoes that, a cancellation "
        "does not.",
    )


def cancel_process(case: Case, process: Process, reason: str) -> tuple[Fact, ...] | NotPossible:
    """Cancel what is open and end the process; its referrals are recalled."""
    if written_off(process):
        return use_reversal(process)
    canceled, events = _canceled(case, process, {event.sequence for event in process.events}, reason)
    return (*canceled, *ended(case, events, "canceled", reason))


def cancel_event(case: Case, process: Process, sequence: int, reason: str) -> tuple[Fact, ...] | NotPossible:
    """Cancel one event that is pending, or skip one that failed; what came after it may run."""
    event = next((each for each in process.events if each.sequence == sequence), None)
    if event is None or not event.open:
        known = "there is no such event" if event is None else f"it is {event.status}"
        return NotPossible(
            refusal="not-cancelable",
            message=f"Event {sequence} of process {process.process_id} cannot be canceled: {known}.",
        )
    canceled, events = _canceled(case, process, {sequence}, reason)
    return (*canceled, *follow_up(case, events))


def take_out(case: Case, process: Process, sa_id: str, reason: str) -> tuple[Fact, ...] | NotPossible:
    """Take an agreement out of the process; with the last one the process ends `agreements-removed`."""
    agreement = next((each for each in process.agreements if each.sa_id == sa_id), None)
    if agreement is None or agreement.left:
        known = "it is not one of them" if agreement is None else "it has left already"
        return NotPossible(
            refusal="not-cancelable",
            message=f"Agreement {sa_id} cannot be taken out of process {process.process_id}: {known}.",
        )
    if written_off(process):
        return use_reversal(process)
    agreements = tuple(
        msgspec.structs.replace(each, left=True) if each.sa_id == sa_id else each
        for each in process.agreements
    )
    left = AgreementsLeft(cause=case.cause, agreements=agreements)
    inside = [each.sa_id for each in agreements if not each.left]
    if inside:
        balances = case.standing.balances if case.standing else {}
        owed = sum(max(balances.get(sa_id, 0), 0) for sa_id in inside)
        return (left, *follow(case, owed, "agreement-removed"))
    canceled, events = _canceled(case, process, {event.sequence for event in process.events}, reason)
    return (left, *canceled, *ended(case, events, "agreements-removed", reason))


def _canceled(
    case: Case, process: Process, sequences: Collection[int], reason: str
) -> tuple[tuple[EventCanceled, ...], tuple[Event, ...]]:
    """Return the end of those of these events that are open, and all events as they are then."""
    going = [event.sequence for event in process.events if event.open and event.sequence in sequences]
    facts = tuple(EventCanceled(cause=case.cause, sequence=each, reason=reason) for each in going)
    events = tuple(
        msgspec.structs.replace(event, status="canceled", due_on=None) if event.sequence in going else event
        for event in process.events
    )
    return facts, events
