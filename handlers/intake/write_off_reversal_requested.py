"""A command to undo a write-off: decided once, and answered with the first when it comes again (R25)."""

import msgspec

from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision, IntakeKind, Prepared
from handlers.money.reversal import Reversing, reverse
from handlers.starting.answers import Figures, answer, command_name, refuse
from messages.envelope import Envelope
from messages.inbound import WriteOffReversalRequested
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import Fact
from writeoff.policy.model import Policy
from writeoff.process import Process
from writeoff.value import Value


class ReverseWriteOff(Value, frozen=True, kw_only=True):
    """The command, and the message to answer."""

    data: WriteOffReversalRequested
    command: str
    message_id: str


def prepare(envelope: Envelope, data: WriteOffReversalRequested, policy: Policy) -> Prepared:
    """Name the account, whose lock it takes, and the process, whose effects it looks at."""
    return Prepared(
        command=ReverseWriteOff(data=data, command=command_name(envelope.type), message_id=envelope.id),
        actor=data.requested_by.user_id,
        account_id=data.account_id,
        process_id=data.process_id,
        business_key=("request", data.request_id) if may_reverse(data, policy) else None,
        needs=Part.SNAPSHOT | Part.REFERRALS | Part.BUCKETS | Part.EFFECTS | Part.PERIODS,
        request_id=data.request_id,
    )


def may_reverse(data: WriteOffReversalRequested, policy: Policy) -> bool:
    """Tell whether one of the requester's roles may reverse (R1)."""
    return any(role in policy.roles.reverse for role in data.requested_by.roles)


def decide(
    command: ReverseWriteOff,
    case: Case,
    final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Undo the write-off, or say why not."""
    data, process, effects = command.data, case.process, case.effects
    if not may_reverse(data, case.current):
        allowed = ", ".join(case.current.roles.reverse)
        return _refusal(
            command,
            case,
            "not-authorised",
            f"A reversal needs one of the roles {allowed}; user {data.requested_by.user_id} has none.",
        )
    if case.account is None and not final:
        return AwaitSnapshot()
    if process is None or case.standing is None or process.process_id != data.process_id:
        why = f"Account {data.account_id} has no write-off process {data.process_id}."
        return _refusal(command, case, "not-written-off", why)
    if effects.reversal is not None:
        return Apply(facts=_answered(command, case, process, effects.reversal.amount))
    if not effects.written:
        why = f"Process {process.process_id} has written nothing off. " + (
            "Cancel it instead." if process.status == "active" else f"It has ended ({process.end_reason})."
        )
        return _refusal(command, case, "not-written-off", why)
    reversal = reverse(
        Reversing(
            case=msgspec.structs.replace(case, cause=process.because_of(case.cause)),
            process=process,
            standing=case.standing,
            effects=effects,
            request_id=data.request_id,
            reason=data.reason,
        )
    )
    return Apply(facts=(*reversal.facts, *_answered(command, case, process, reversal.amount)))


def _answered(command: ReverseWriteOff, case: Case, process: Process, amount: int) -> tuple[Fact, ...]:
    """Answer with what is owed again: the same for every command that reverses this process."""
    cause = msgspec.structs.replace(
        case.cause, process_id=process.process_id, origin=process.origin, bulk=process.bulk
    )
    return answer(
        cause,
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        revision=1,
        figures=Figures(accepted=1, refused=0, waiting=0, totals=((process.currency, amount),), refusals=()),
    )


def _refusal(command: ReverseWriteOff, case: Case, refusal: str, message: str) -> Refuse:
    answered = refuse(
        case.cause,
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        refusal=refusal,
        message=message,
    )
    return Refuse(reason=refusal, message=message, facts=(answered,))


KINDS = (IntakeKind(type_name=WriteOffReversalRequested.type_name, prepare=prepare, decide=decide),)
