"""Day D has come: a process, if K attempts still stand and nothing else has happened (R6)."""

from handlers.starting.attempts import count
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import TimerCleared, TimerSet


def decide(case: Case) -> Apply:
    """Look again; where the account has defaulted anew since, the timer is set to the new day D."""
    cleared = TimerCleared(cause=case.cause, kind="days-in-default", subject=case.cause.account_id or "")
    running = case.process is not None and case.process.status == "active"
    if running or not case.attempts or (case.standing is not None and case.standing.locked_by):
        return Apply(facts=(cleared,))
    facts = count(case, case.attempts)
    return Apply(facts=facts if any(isinstance(fact, TimerSet) for fact in facts) else (cleared, *facts))
