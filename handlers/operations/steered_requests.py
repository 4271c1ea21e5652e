"""An operator pauses a request, lets it go on, or cancels what is left of it (R3)."""

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.steer_request import CancelRequest, PauseRequest, ResumeRequest
from writeoff.approval import Asked
from writeoff.case import Case
from writeoff.decision import Apply, Refuse
from writeoff.facts import ApprovalSettled, Fact, ItemsRefused, RequestPaused, RequestResumed
from writeoff.policy.model import Policy

#: Code of the accounts that had not been decided when their request was canceled.
CANCELED = "request-canceled"

Steering = PauseRequest | ResumeRequest | CancelRequest


def prepare(envelope: Envelope, data: Steering, _policy: Policy) -> Prepared:
    """Name the request, which is locked and looked at."""
    return Prepared(command=data, actor=envelope.source, decides=data.request_id)


def decide(
    command: Steering,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Do it; what is decided already stays, and what runs in this moment is finished."""
    asked = case.asked
    if asked is None:
        return Refuse(reason="unknown-request", message=f"There is no request {command.request_id}.")
    cause = asked.because_of(case.cause)
    match command:
        case PauseRequest():
            paused = RequestPaused(cause=cause, request_id=asked.request_id, reason=command.reason)
            return Apply(facts=(paused,))
        case ResumeRequest():
            return Apply(facts=(RequestResumed(cause=cause, request_id=asked.request_id),))
        case CancelRequest():
            return _cancel(command, case, asked)


def _cancel(command: CancelRequest, case: Case, asked: Asked) -> Apply | Refuse:
    if not asked.undecided:
        message = (
            f"Every account of request {asked.request_id} has been decided; cancel or reverse what it began "
            "account by account."
        )
        return Refuse(reason="not-cancelable", message=message)
    cause = asked.because_of(case.cause)
    facts: list[Fact] = [
        ItemsRefused(
            cause=cause,
            request_id=asked.request_id,
            refusal=CANCELED,
            message=f"The request was canceled before this account was decided: {command.reason}",
        ),
        RequestResumed(cause=cause, request_id=asked.request_id),
    ]
    if asked.approval in {"checking", "awaiting"}:
        settled = ApprovalSettled(
            cause=cause,
            request_id=asked.request_id,
            state="refused",
            total=asked.total or 0,
            decided_by=case.cause.actor,
            reason=command.reason,
        )
        facts.append(settled)
    return Apply(facts=tuple(facts))


KINDS = tuple(
    IntakeKind(type_name=each.type_name, prepare=prepare, decide=decide)
    for each in (PauseRequest, ResumeRequest, CancelRequest)
)
