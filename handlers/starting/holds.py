"""Promises to pay: placing, lifting and ending a hold (R6)."""

from datetime import date, timedelta

import msgspec

from handlers.running.settlement import due
from writeoff.account import Standing
from writeoff.case import Case
from writeoff.facts import EventDue, Fact, StandingChanged, TimerCleared, TimerSet


def place(case: Case, standing: Standing, promised: date) -> tuple[Fact, ...] | None:
    """Hold the account until the promised date plus grace; None when it has had its holds."""
    rules = case.current.attempts
    if standing.holds >= rules.maximum_holds:
        return None
    until = promised + timedelta(days=rules.grace_days)
    held = msgspec.structs.replace(standing, hold_until=until, holds=standing.holds + 1)
    account_id = case.cause.account_id or ""
    return (
        StandingChanged(cause=case.cause, standing=held),
        TimerSet(cause=case.cause, kind="hold-end", subject=account_id, due_on=until),
    )


def lift(case: Case, standing: Standing) -> tuple[Case, tuple[Fact, ...]]:
    """End the hold now: waiting events may run from their trigger dates. Returns the case after it."""
    if standing.hold_until is None:
        return case, ()
    free = msgspec.structs.replace(standing, hold_until=None)
    facts = (
        StandingChanged(cause=case.cause, standing=free),
        TimerCleared(cause=case.cause, kind="hold-end", subject=case.cause.account_id or ""),
        *_released(case),
    )
    return msgspec.structs.replace(case, standing=free), facts


def _released(case: Case) -> tuple[EventDue, ...]:
    process = case.process
    if process is None or process.status != "active":
        return ()
    inner = msgspec.structs.replace(case, cause=process.cause(case.now, case.today, case.cause.actor))
    return tuple(
        due(inner, event, event.trigger_date)
        for event in process.events
        if event.status == "pending" and event.due_on is not None and event.due_on != event.trigger_date
    )
