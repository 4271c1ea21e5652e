"""An operator has a failed write-off event tried again; skipping one is a cancellation (R9, R13)."""

from typing import get_args

import msgspec

from handlers.agencies.recalls import RETRIED, settled
from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.running.settlement import failure
from handlers.wording.todos import todo_id
from messages.envelope import Envelope
from messages.inbound.operations.retry_event import RetryEvent
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import EventResumed, Fact, TodoClosed
from writeoff.policy.model import Policy, TodoPurpose
from writeoff.process import Event, Process


def prepare(envelope: Envelope, data: RetryEvent, _policy: Policy) -> Prepared:
    """Name the account, and the process where one is named."""
    return Prepared(
        command=data,
        actor=envelope.source,
        account_id=data.account_id,
        process_id=data.process_id,
        needs=Part.REFERRALS,
    )


def decide(
    command: RetryEvent,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Let the event run from its trigger date on, and close the to-do of its failure."""
    process = case.process
    if process is None or process.status != "active":
        return Refuse(
            reason="no-active-process", message=f"Account {command.account_id} has no such active process."
        )
    event = next((each for each in process.events if each.sequence == command.event_sequence), None)
    if event is None or event.status != "failed":
        known = "there is no such event" if event is None else f"it is {event.status}"
        message = f"Event {command.event_sequence} of process {process.process_id} has not failed: {known}."
        return Refuse(reason="not-failed", message=message)
    inner = msgspec.structs.replace(case, cause=process.because_of(case.cause))
    again = EventResumed(
        cause=inner.cause,
        sequence=event.sequence,
        kind=event.kind,
        due_on=event.trigger_date,
        reason=RETRIED,
        attempts=event.attempts + 1,
    )
    return Apply(facts=(again, *_closed(inner, process, event)))


def _closed(case: Case, process: Process, event: Event) -> tuple[Fact, ...]:
    """Return the end of the open to-do that the failure made, whichever occasion it was made on."""
    reason = event.reason or ""
    occasions = (failure(event, reason), failure(msgspec.structs.replace(event, reason=RETRIED), reason))
    tasks = [
        todo_id(case.cause, purpose, *occasion) for purpose in get_args(TodoPurpose) for occasion in occasions
    ]
    closed = tuple(
        TodoClosed(cause=case.cause, todo_id=each, reason="retried")
        for each in dict.fromkeys(tasks)
        if each in case.effects.todos
    )
    recalls = (settled(case, process, each, "retried") for each in case.referrals)
    return (*closed, *(fact for facts in recalls for fact in facts))


KINDS = (IntakeKind(type_name=RetryEvent.type_name, prepare=prepare, decide=decide),)
