"""What a consumer says of a message that it was sent: stored, and a to-do when it is rejected (R27)."""

from datetime import datetime

import msgspec

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.wording.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import MessageAcknowledged
from writeoff.case import Case
from writeoff.decision import Apply, Refuse
from writeoff.facts import AcknowledgementRecorded, Fact
from writeoff.policy.model import Policy
from writeoff.sent import AcknowledgedStatus, SentMessage
from writeoff.value import Value


class Acknowledge(Value, frozen=True, kw_only=True):
    """An acknowledgement; `at` is when the consumer says that it made it, if it says so."""

    message_id: str
    consumer: str
    status: AcknowledgedStatus
    reference: str | None
    reason: str | None
    at: datetime | None


def prepare(envelope: Envelope, data: MessageAcknowledged, _policy: Policy) -> Prepared:
    """Note what is acknowledged."""
    message_id = data.message_id.lower()
    return Prepared(
        command=Acknowledge(
            message_id=message_id,
            consumer=data.consumer,
            status=data.status,
            reference=data.reference,
            reason=data.reason,
            at=envelope.time,
        ),
        actor=envelope.source,
        message_id=message_id,
    )


def decide(
    command: Acknowledge,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Store the last word of the right consumer; what it says again, or said before that, changes nothing."""
    sent = case.sent
    if sent is None:
        why = f"No message {command.message_id} was sent to anybody."
        return Refuse(reason="unknown-message", message=why)
    if sent.destination != command.consumer:
        why = f"Message {command.message_id} was sent to {sent.destination}, not to {command.consumer}."
        return Refuse(reason="wrong-consumer", message=why)
    at = min(command.at or case.now, case.now)  # a clock that is ahead must not outlast what is said later
    overtaken = sent.acknowledged_at is not None and at < sent.acknowledged_at
    if sent.status == command.status or overtaken:
        return Apply(facts=())
    cause = msgspec.structs.replace(
        case.cause,
        account_id=sent.account_id,
        process_id=sent.process_id,
        request_id=sent.request_id,
        origin=sent.origin,
        bulk=sent.bulk,
    )
    recorded = AcknowledgementRecorded(
        cause=cause,
        message_id=sent.message_id,
        consumer=command.consumer,
        status=command.status,
        reference=command.reference,
        reason=command.reason,
        acknowledged_at=at,
    )
    if command.status == "accepted" or _tells_of_a_rejection(case, sent):
        return Apply(facts=(recorded,))
    return Apply(facts=(recorded, _rejected(command, msgspec.structs.replace(case, cause=cause), sent.type)))


def _tells_of_a_rejection(case: Case, sent: SentMessage) -> bool:
    """Tell whether a rejected to-do was about a rejection itself: another one would go round in circles."""
    return sent.todo_type is not None and sent.todo_type == case.policy.todo_for["message-rejected"]


def _rejected(command: Acknowledge, case: Case, type_name: str) -> Fact:
    why = f": {command.reason}" if command.reason else ""
    return todo_for(
        case,
        "message-rejected",
        command.message_id,
        case.cause.causation_id,
        detail=f"{command.consumer} rejected {type_name} {command.message_id}{why}",
    )


KINDS = (IntakeKind(type_name=MessageAcknowledged.type_name, prepare=prepare, decide=decide),)
