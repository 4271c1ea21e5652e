"""What becomes of a debt that an agency has rejected: the next agency by the rule (R26)."""

from handlers.agencies import selection
from handlers.agencies.placing import place
from handlers.agencies.selection import Rule
from handlers.event_types import parameters
from handlers.wording.todos import todo_for
from writeoff.case import Case, EventCase
from writeoff.facts import Fact, TimerSet
from writeoff.process import Process, Referral


def next_agency(case: Case, process: Process, rejected: Referral) -> tuple[Fact, ...]:
    """Place what is owed by now with the next agency by the event's rule, or make a to-do when there is none.

    While a promise to pay holds the account, no further agency is sent to it: this waits for its end (R6).
    """
    event = process.event(rejected.event_sequence)
    looked_at = EventCase(**{name: getattr(case, name) for name in Case.__struct_fields__}, event=event)
    amount = looked_at.amount
    if amount == 0:
        return ()
    until = looked_at.standing.hold_until
    if until is not None and looked_at.standing.held_on(case.today):
        where = subject(process, rejected)
        return (TimerSet(cause=case.cause, kind="next-agency", subject=where, due_on=until),)
    rule = parameters(case.policy, event.event_type)
    if not isinstance(rule, Rule):
        raise TypeError(f"event {event.sequence} of process {process.process_id} refers nothing")
    of_event = [each for each in case.referrals if each.event_sequence == rejected.event_sequence]
    gave_it_back = {each.agency for each in of_event if each.end == "rejected"} | {rejected.agency}
    agency = selection.choose(rule, case, amount, gave_it_back)
    if agency is not None:
        return (place(looked_at, agency, max(each.ordinal for each in of_event) + 1),)
    return (
        todo_for(
            case,
            "no-agency",
            rejected.referral_id,
            amount=amount,
            sequence=event.sequence,
            detail=f"{', '.join(sorted(gave_it_back))} rejected it, and {selection.none_fits(case, amount)}",
        ),
    )


def subject(process: Process, rejected: Referral) -> str:
    """Return the timer subject of a debt that waits for its next agency."""
    return f"{process.process_id}\x1f{rejected.referral_id}"
