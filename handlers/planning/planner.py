"""Planning one account: its decision, then each event on its day, facts folded into the next case (R4).

There is no rule in here: what decides is what decides when a request is carried out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from handlers.agencies.recalls import as_if_acknowledged
from handlers.planning.figures import account_digest, account_fields, refused_digest
from handlers.planning.plan import AccountPlan, PlannedEvent
from handlers.running.fold import after
from handlers.running.settlement import run
from handlers.starting.opening import Order
from handlers.starting.requests import ItemBody, ItemOutcome, decide_item
from writeoff.account import Account, Person, Standing
from writeoff.case import Case, EventCase
from writeoff.facts import (
    EventCompleted,
    EventFailed,
    Fact,
    ProcessStarted,
    ReferralPlaced,
)
from writeoff.process import Cause, Event, Process

#: How often an event may be put off before the plan gives it up: a promise to pay does so once.
MOST_WAITS = 5
#: Stands for a code of R2 where a decision breaks: a bug, or data that nobody thought of.
UNDECIDABLE = "undecidable"


def plan_item(order: Order, account_version: int | None, body: ItemBody, case: Case) -> AccountPlan:
    """Return what a request would do to one account, as things stand in its case."""
    try:
        outcome = decide_item(order, 0, account_version, body, case, final=True)
    except Exception as error:  # noqa: BLE001 - one bad account never stops the others (R2)
        return _undecidable(order.account_id, case, type(error).__name__)
    return plan_of(order.account_id, outcome, case)


def _undecidable(account_id: str, case: Case, error: str) -> AccountPlan:
    """Return the plan of an account that no decision survives: asked for, it is set aside with a to-do."""
    fields = {"policy": case.policy.digest, "refusal": f"{UNDECIDABLE} {error}"}
    return AccountPlan(
        account_id=account_id,
        account=case.account,
        customer=_name(case.account, case.persons),
        days_in_default=days_in_default(case.account, case.today),
        refusal=UNDECIDABLE,
        message=f"Account {account_id} cannot be decided: {error}.",
        process=None,
        amount=None,
        opening=(),
        events=(),
        digest=refused_digest(fields["refusal"]),
        fields=fields,
    )


def digest_of(outcome: ItemOutcome, case: Case) -> str:
    """Return the digest of the plan that begins with a decision made of that case, without making it."""
    now = msgspec.structs.replace(case, **after(case, outcome.facts))
    return _digest(now, outcome, _looked_at(case, outcome), _started(outcome))


def _digest(now: Case, outcome: ItemOutcome, looked_at: Standing | None, process: Process | None) -> str:
    return account_digest(
        policy_digest=now.policy.digest,
        account=now.account,
        persons=now.persons,
        standing=looked_at,
        refusal=outcome.refusal.reason if outcome.refusal else None,
        process=process,
    )


def _started(outcome: ItemOutcome) -> Process | None:
    return next((fact.process for fact in outcome.facts if isinstance(fact, ProcessStarted)), None)


def plan_of(account_id: str, outcome: ItemOutcome, case: Case) -> AccountPlan:
    """Return the plan that begins with a decision already made of that case."""
    # The totals of a set are handed on from one decision to the next: what is planned is not among them.
    changes = {"agency_debt": dict(case.agency_debt), **after(case, outcome.facts)}
    now = msgspec.structs.replace(case, **changes)
    process = _started(outcome)
    looked_at = _looked_at(case, outcome)
    events = tuple(_events(now, process)) if process else ()
    refusal = outcome.refusal.reason if outcome.refusal else None
    fields = account_fields(
        policy_digest=case.policy.digest,
        account=now.account,
        standing=looked_at,
        refusal=refusal,
        process=process,
        opening=outcome.facts,
        events=events,
    )
    return AccountPlan(
        account_id=account_id,
        account=now.account,
        customer=_name(now.account, now.persons),
        days_in_default=days_in_default(now.account, case.today),
        refusal=refusal,
        message=outcome.refusal.message if outcome.refusal else None,
        process=process,
        amount=process.amount if process else None,
        opening=outcome.facts,
        events=events,
        digest=_digest(now, outcome, looked_at, process),
        fields=fields,
    )


def _looked_at(case: Case, outcome: ItemOutcome) -> Standing | None:
    """Return the standing on which it was decided: with an embedded snapshot, before anything was closed."""
    if not outcome.taken:
        return case.standing
    standing: Standing | None = after(case, outcome.taken).get("standing", case.standing)
    return standing


def _name(account: Account | None, persons: Sequence[Person]) -> str | None:
    """Return the name of the main customer."""
    main = account.main_customer if account else None
    return next((person.name for person in persons if person.person_id == main), main)


def days_in_default(account: Account | None, today: date) -> int | None:
    """Return for how many days the account has been in default, if it is."""
    return (today - account.defaulted_on).days if account and account.defaulted_on else None


def _events(case: Case, process: Process) -> Iterator[PlannedEvent]:
    """Run what is due day by day, the lower sequence first, until nothing may run any more."""
    left = MOST_WAITS * len(process.events)
    now, on = process, case.today
    changes: dict[str, Any] = {"process": process}
    running: EventCase | None = None
    while left and (due := _next(now, on)) is not None:
        left -= 1
        event, on = due
        cause = process.cause(case.now, on, case.cause.actor)
        if running is None:
            running = _first_case(case, process, event, cause)
        else:
            running = msgspec.structs.replace(running, **changes, cause=cause, event=event)
        facts = _run(running)
        changes = after(running, facts)
        now = changes.get("process", now)
        _hand_on(case.agency_debt, facts)
        planned = _planned(process, event, on, facts)
        if planned is not None:
            yield planned
    for event in now.events:
        if event.status == "pending" or (event.status == "canceled" and event.reason):
            yield _not_run(process, event)


def _run(case: EventCase) -> tuple[Fact, ...]:
    """Decide the event; one that breaks is failed, as the executor fails it after its attempts."""
    try:
        return run(as_if_acknowledged(case))
    except Exception as error:  # noqa: BLE001 - an exception inside one decision marks that event alone
        sequence, detail = case.event.sequence, type(error).__name__
        return (EventFailed(cause=case.cause, sequence=sequence, reason="crashed", detail=detail),)


def _next(process: Process, today: date) -> tuple[Event, date] | None:
    """Return the event that runs next, the lowest sequence that is due, and the day on which it does."""
    if process.status != "active":
        return None
    found: Event | None = None
    on = date.max
    for event in process.events:  # in the order of their sequences
        if event.status == "pending" and event.due_on is not None and event.due_on < on:
            found, on = event, max(event.due_on, today)
            if on == today:
                break
    return None if found is None else (found, on)


def _first_case(case: Case, process: Process, event: Event, cause: Cause) -> EventCase:
    standing = case.standing
    if standing is None:
        raise LookupError(f"process {process.process_id} has no standing")
    known = msgspec.structs.asdict(case)
    return EventCase(**(known | {"cause": cause, "process": process, "event": event}))


def _hand_on(totals: Mapping[str, int], facts: tuple[Fact, ...]) -> None:
    for fact in facts:
        if isinstance(fact, ReferralPlaced) and isinstance(totals, dict):
            totals[fact.agency] = totals.get(fact.agency, 0) + fact.amount


def _planned(process: Process, event: Event, on: date, facts: tuple[Fact, ...]) -> PlannedEvent | None:
    """Return the event as it went; None where it was put off."""
    for fact in facts:
        if isinstance(fact, (EventCompleted, EventFailed)) and fact.sequence == event.sequence:
            return PlannedEvent(
                sequence=event.sequence,
                event_type=event.event_type,
                kind=event.kind,
                day=(on - process.created_on).days,
                on=on,
                outcome="complete" if isinstance(fact, EventCompleted) else "failed",
                amount=fact.amount if isinstance(fact, EventCompleted) else None,
                reason=f"{fact.reason}: {fact.detail}" if isinstance(fact, EventFailed) else None,
                facts=facts,
            )
    return None


def _not_run(process: Process, event: Event) -> PlannedEvent:
    return PlannedEvent(
        sequence=event.sequence,
        event_type=event.event_type,
        kind=event.kind,
        day=(event.trigger_date - process.created_on).days,
        on=event.trigger_date,
        outcome="blocked" if event.status == "pending" else "canceled",
        reason=event.reason,
    )
