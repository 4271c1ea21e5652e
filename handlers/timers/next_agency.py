"""A promise to pay has run out: what an agency had rejected meanwhile goes to the next one (R6, R26)."""

import msgspec

from handlers.agencies.rejections import next_agency
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import TimerCleared, TimerSet


def decide(case: Case, subject: str) -> Apply:
    """Place the debt, unless it has been placed since, or there is nothing left to enforce."""
    cleared = TimerCleared(cause=case.cause, kind="next-agency", subject=subject)
    process_id, referral_id = subject.split("\x1f")
    process = case.process
    rejected = next((each for each in case.referrals if each.referral_id == referral_id), None)
    if process is None or process.process_id != process_id or rejected is None:
        return Apply(facts=(cleared,))
    over = process.status != "active" and process.end_reason != "completed"
    placed = any(each.active or each.ordinal > rejected.ordinal for each in case.referrals)
    if over or placed or case.effects.reversal is not None:
        return Apply(facts=(cleared,))
    cause = process.cause(case.now, case.today, case.cause.actor)
    facts = next_agency(msgspec.structs.replace(case, cause=cause), process, rejected)
    held_again = any(isinstance(fact, TimerSet) for fact in facts)
    return Apply(facts=facts if held_again else (cleared, *facts))
