"""Day D has come: a process, if K attempts still stand and nothing else has happened (R6)."""

from handlers.attempts import count
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import TimerCleared


def decide(case: Case) -> Apply:
    """Look again; a later default sets the timer anew."""
    cleared = TimerCleared(cause=case.cause, kind="days-in-default", subject=case.cause.account_id or "")
    running = case.process is not None and case.process.status == "active"
    if running or not case.attempts or (case.standing is not None and case.standing.locked_by):
        return Apply(facts=(cleared,))
    return Apply(facts=(cleared, *count(case, case.attempts)))
