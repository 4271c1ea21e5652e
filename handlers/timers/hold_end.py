"""A promise to pay has run out: zero is R13, else waiting events run, or K and D decide (R6)."""

import msgspec

from handlers.running.debt import debt_changed
from handlers.starting import holds
from handlers.starting.attempts import count
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import TimerCleared


def decide(case: Case) -> Apply:
    """End the hold if it is over on the business date; a newer promise has set its own timer."""
    standing = case.standing
    cleared = TimerCleared(cause=case.cause, kind="hold-end", subject=case.cause.account_id or "")
    if standing is None or standing.hold_until is None or standing.held_on(case.today):
        return Apply(facts=(cleared,) if standing is None or standing.hold_until is None else ())
    free, lifted = holds.lift(case, standing)
    process = case.process
    if process is not None and process.status == "active":
        of_process = process.cause(case.now, case.today, case.cause.actor)
        looked_at = msgspec.structs.replace(free, cause=of_process)
        return Apply(facts=(*lifted, *debt_changed(looked_at, standing.balances, "payment")))
    owing = any(owed > 0 for owed in standing.balances.values())
    if not owing or not case.attempts or standing.locked_by:
        return Apply(facts=lifted)
    return Apply(facts=(*lifted, *count(free, case.attempts)))
