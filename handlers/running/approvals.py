"""Whether the approval that was given still suffices when an event runs (R5, R10)."""

from writeoff.approval import exceeded
from writeoff.case import EventCase
from writeoff.decision import Fail
from writeoff.money import display
from writeoff.process import Process


def let_through(process: Process) -> int:
    """Return what the process owed when its request was let through, in minor units."""
    return process.amount if process.approved is None else process.approved


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
        case.amount - let_through(process),
    )
    if roles is None:
        return None
    before, now = (display(each, process.currency) for each in (let_through(process), case.amount))
    detail = f"the debt rose from {before} to {now}, which needs approval by one of {', '.join(roles)}"
    return Fail(reason="approval-exceeded", detail=detail)
