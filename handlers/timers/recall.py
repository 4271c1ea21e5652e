"""An agency has not acknowledged a recall in time: the write-off fails with a to-do, until it does (R9)."""

import msgspec

from handlers.recalls import AWAITS_RECALL, NOT_ACKNOWLEDGED, outstanding, resumed
from handlers.todos import todo_for
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import EventFailed, TimerCleared


def decide(case: Case, subject: str) -> Apply:
    """Fail the event whose wait is over; one that is no longer waiting is left alone."""
    cleared = TimerCleared(cause=case.cause, kind="recall", subject=subject)
    process_id, sequence = subject.split("\x1f")
    process = case.process
    if process is None or process.process_id != process_id or process.status != "active":
        return Apply(facts=(cleared,))
    event = process.event(int(sequence))
    if event.status != "pending" or event.reason != AWAITS_RECALL:
        return Apply(facts=(cleared,))
    inner = msgspec.structs.replace(case, cause=process.cause(case.now, case.today, case.cause.actor))
    waited_for = outstanding(case)
    if not waited_for:
        return Apply(facts=(cleared, *resumed(inner, process)))
    which = ", ".join(f"{each.agency} of referral {each.referral_id}" for each in waited_for)
    detail = f"no acknowledgement of the recall has come in time from {which}"
    balances = case.standing.balances if case.standing else {}
    task = todo_for(
        inner,
        "recall-not-acknowledged",
        event.sequence,
        case.today,
        amount=sum(max(balances.get(each.sa_id, 0), 0) for each in process.agreements if not each.left),
        sequence=event.sequence,
        detail=detail[0].upper() + detail[1:],
    )
    failed = EventFailed(cause=inner.cause, sequence=event.sequence, reason=NOT_ACKNOWLEDGED, detail=detail)
    return Apply(facts=(cleared, failed, task))
