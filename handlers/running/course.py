"""What a process goes on with: the event that the one before it has made due today (R9)."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from handlers.event_types import kinds
from handlers.running.fold import after
from writeoff.case import EventCase, Part
from writeoff.facts import EventDue, Fact


def goes_on(kind: str) -> bool:
    """Tell whether a kind may run in one transaction with others.

    One that decides under the lock of the agencies' totals runs alone, so that it holds them shortly.
    """
    return Part.AGENCY_DEBT not in kinds()[kind].needs


def next_case(case: EventCase, facts: Sequence[Fact], may_run: Collection[str]) -> EventCase | None:
    """Return the case of the next event that is due today, of a kind in `may_run`, after these facts.

    An event that has gone wrong before is left to run alone.
    """
    changes = after(case, facts)
    process = changes.get("process", case.process)
    if process.status != "active":
        return None
    for event in process.events:
        if (
            event.status == "pending"
            and event.due_on is not None
            and event.due_on <= case.today
            and not event.attempts
            and event.kind in may_run
            and event.sequence != case.event.sequence
        ):
            cause = process.cause(case.now, case.today, actor(event.event_type))
            return replace(case, **changes, cause=cause, event=event)
    return None


def gone_on(facts: Sequence[Fact], case: EventCase) -> list[Fact]:
    """Return what came before this case without the hint that its event is due: it has run already.

    What the event then says of itself stands: it may wait for another day.
    """
    sequence = case.event.sequence
    return [fact for fact in facts if type(fact) is not EventDue or fact.sequence != sequence]


def needs_of(case_kinds: Collection[str]) -> Part:
    """Return all that these kinds look at."""
    needs = Part.NONE
    for kind in case_kinds:
        needs |= kinds()[kind].needs
    return needs


def actor(event_type: str) -> str:
    """Return who is behind what an event does, for the audit trail."""
    return f"event {event_type}"
