"""An agency has not acknowledged a recall in time: the write-off fails with a to-do, until it does (R9)."""

import msgspec

from handlers.agencies.recalls import AWAITS_RECALL, NOT_ACKNOWLEDGED, outstanding, resumed, task
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
    which = ", ".join(f"{each.agency} of {each.referral_id}" for each in waited_for)
    detail = f"no acknowledgement has come in time of the recall from {which}"
    failed = EventFailed(cause=inner.cause, sequence=event.sequence, reason=NOT_ACKNOWLEDGED, detail=detail)
    tasks = tuple(task(inner, process, event, referral) for referral in waited_for)
    return Apply(facts=(cleared, failed, *tasks))
