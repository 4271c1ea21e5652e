"""Somebody approves a request, or refuses it; until then it has no effect (R5)."""

from msgspec.structs import replace

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.starting.answers import Figures, answer, command_name, refuse
from messages.envelope import Envelope
from messages.inbound import WriteOffDecided
from writeoff.approval import Asked
from writeoff.case import Case
from writeoff.decision import Apply, Refuse
from writeoff.facts import ApprovalSettled, Fact
from writeoff.policy.model import Policy
from writeoff.value import Value


class DecideRequest(Value, frozen=True, kw_only=True):
    """The decision, and the message to answer."""

    data: WriteOffDecided
    command: str
    message_id: str


class _No(Value, frozen=True, kw_only=True):
    refusal: str
    message: str


def prepare(envelope: Envelope, data: WriteOffDecided, policy: Policy) -> Prepared:
    """Name the request, which is locked and looked at; there is one decision for each (R12)."""
    return Prepared(
        command=DecideRequest(data=data, command=command_name(envelope.type), message_id=envelope.id),
        actor=data.decided_by.user_id,
        business_key=(envelope.type, data.request_id) if _may_decide(data, policy) else None,
        key_refers=True,
        request_id=data.request_id,
        decides=data.request_id,
    )


def _may_decide(data: WriteOffDecided, policy: Policy) -> bool:
    """Tell whether one of the roles may decide anything; the request's own rule says which may decide it."""
    known = {*policy.roles.decide, *(role for rule in policy.approvals for role in rule.roles)}
    return not known.isdisjoint(data.decided_by.roles)


def decide(
    command: DecideRequest,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Let the request go on or refuse it, or say why this cannot be decided by this user now."""
    data, asked = command.data, case.asked
    no = _against(data, case, asked)
    if asked is None or no is not None:
        return _refused(command, case, no or _unknown(data))
    cause = asked.because_of(case.cause)
    settled = ApprovalSettled(
        cause=cause,
        request_id=asked.request_id,
        state=data.decision,
        decided_by=data.decided_by.user_id,
        roles=data.decided_by.roles,
        reason=data.reason,
    )
    return Apply(facts=(settled, *_request_refused(command, case, asked), *_answered(command, case, asked)))


def _against(data: WriteOffDecided, case: Case, asked: Asked | None) -> _No | None:  # noqa: PLR0911 - one each
    who = data.decided_by
    if not _may_decide(data, case.current):
        return _not_authorised(who.user_id, case.current.roles.decide)
    if asked is None:
        return _unknown(data)
    if asked.approval in {"approved", "refused"}:
        known = f"Request {asked.request_id} was {asked.approval} by {asked.decided_by} before."
        return _No(refusal="duplicate-request", message=known)
    if asked.approval != "awaiting":
        known = "is still being looked at" if asked.approval == "checking" else "needs no approval"
        return _No(refusal="unknown-request", message=f"Request {asked.request_id} {known}.")
    if not set(asked.roles) & set(who.roles):
        return _not_authorised(who.user_id, asked.roles)
    if who.user_id == asked.requested_by:
        own = f"User {who.user_id} asked for {asked.request_id}; somebody else must decide."
        return _No(refusal="own-request", message=own)
    if data.plan_digest is not None and data.plan_digest != asked.plan_digest:
        other = f"The decision is about another plan than the one that request {asked.request_id} holds to."
        return _No(refusal="plan-changed", message=other)
    return None


def _unknown(data: WriteOffDecided) -> _No:
    return _No(refusal="unknown-request", message=f"There is no request {data.request_id} to decide.")


def _not_authorised(user_id: str, roles: tuple[str, ...]) -> _No:
    message = f"Deciding needs one of the roles {', '.join(roles)}; user {user_id} has none of them."
    return _No(refusal="not-authorised", message=message)


def _request_refused(command: DecideRequest, case: Case, asked: Asked) -> tuple[Fact, ...]:
    """Answer the request itself when it was refused; an approved one is answered when it is carried out."""
    data = command.data
    if data.decision == "approved":
        return ()
    answered = refuse(
        asked.because_of(case.cause),
        answers_message_id=asked.answers_message_id,
        request_id=asked.request_id,
        command=asked.command,
        revision=asked.revision + 1,
        refusal="approval-refused",
        message=f"{data.decided_by.user_id} refused it: {data.reason}",
        plan_digest=asked.plan_digest,
    )
    return (answered,)


def _answered(command: DecideRequest, case: Case, asked: Asked) -> tuple[Fact, ...]:
    """Answer the decision: it was taken. What becomes of the accounts is in the answers to the request."""
    return answer(
        replace(case.cause, origin=asked.origin, bulk=asked.bulk),
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        revision=1,
        figures=Figures(accepted=0, refused=0, waiting=0, totals=(), refusals=(), taken=True),
    )


def _refused(command: DecideRequest, case: Case, no: _No) -> Refuse:
    answered = refuse(
        case.cause,
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        refusal=no.refusal,
        message=no.message,
    )
    return Refuse(reason=no.refusal, message=no.message, facts=(answered,))


KINDS = (IntakeKind(type_name=WriteOffDecided.type_name, prepare=prepare, decide=decide, refers=True),)
