"""Whether the approval that was given still suffices when an event runs (R5, R10)."""

from writeoff.approval import exceeded
from writeoff.case import EventCase
from writeoff.decision import Fail
from writeoff.money import display


def more_approval_needed(case: EventCase) -> Fail | None:
    """Return that the event fails, if the debt has risen into a band that needs more approval than was given.

    What was approved is in the case only where the debt has risen.
    """
    if case.approved is None:
        return None
    process = case.process
    roles = exceeded(
        case.policy,
        "bulk" if process.bulk else "personal",
        process.disposition,
        case.approved,
        case.amount - process.amount,
    )
    if roles is None:
        return None
    before, now = (display(each, process.currency) for each in (process.amount, case.amount))
    detail = f"the debt rose from {before} to {now}, which needs approval by one of {', '.join(roles)}"
    return Fail(reason="approval-exceeded", detail=detail)
