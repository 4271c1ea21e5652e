"""What a payment or credit means for a running process (R13, R26)."""

from collections.abc import Mapping

import msgspec

from handlers.agencies.referrals import close_all, follow
from writeoff.case import Case
from writeoff.facts import AgreementsLeft, EventCanceled, Fact, ProcessEnded
from writeoff.process import Process


def debt_changed(
    case: Case, balances: Mapping[str, int], reason: str, payment_id: str | None = None
) -> tuple[Fact, ...]:
    """Return what follows from new balances: agreements leave, referrals follow, a paid process ends.

    Once something of the process is written off, nothing leaves it any more.
    """
    process = case.process
    standing = case.standing
    if process is None or standing is None or process.status != "active":
        return ()
    written_off = set(standing.written_off_agreements)
    if any(each.sa_id in written_off for each in process.agreements):
        return ()
    inside = [each for each in process.agreements if not each.left]
    cleared = {each.sa_id for each in inside if balances.get(each.sa_id, 0) <= 0}
    inner = msgspec.structs.replace(case, cause=process.because_of(case.cause))
    facts: list[Fact] = []
    if cleared:
        agreements = tuple(
            msgspec.structs.replace(each, left=each.left or each.sa_id in cleared)
            for each in process.agreements
        )
        facts.append(AgreementsLeft(cause=inner.cause, agreements=agreements))
    if len(cleared) == len(inside):
        return (*facts, *close_all(inner, "paid", reason, payment_id), *_end(inner, process))
    left = sum(balances[each.sa_id] for each in inside if each.sa_id not in cleared)
    return (*facts, *follow(inner, left, reason, payment_id))


def _end(case: Case, process: Process) -> tuple[Fact, ...]:
    """Cancel what is open and end the process as paid."""
    canceled = tuple(
        EventCanceled(cause=case.cause, sequence=event.sequence, reason="paid")
        for event in process.events
        if event.open
    )
    events = tuple(
        msgspec.structs.replace(event, status="canceled", due_on=None) if event.open else event
        for event in process.events
    )
    end = ProcessEnded(cause=case.cause, end_reason="paid", ended_on=case.today, comments=None, events=events)
    return (*canceled, end)
