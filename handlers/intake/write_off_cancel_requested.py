"""An operator or upstream cancels a process, one event of it, or takes an agreement out (R1, R13)."""

from msgspec.structs import replace

from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision, IntakeKind, Prepared
from handlers.running.cancellation import (
    NotPossible,
    cancel_event,
    cancel_process,
    take_out,
    use_reversal,
    written_off,
)
from handlers.starting.answers import Figures, answer, command_name, refuse
from messages.envelope import Envelope
from messages.inbound import WriteOffCancelRequested
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import Fact
from writeoff.policy.model import Policy
from writeoff.process import Process
from writeoff.value import Value


class Cancel(Value, frozen=True, kw_only=True):
    """What to cancel, and the message to answer."""

    data: WriteOffCancelRequested
    command: str
    message_id: str


def prepare(envelope: Envelope, data: WriteOffCancelRequested, policy: Policy) -> Prepared:
    """Take the account's lock; whoever may not cancel claims no key."""
    return Prepared(
        command=Cancel(data=data, command=command_name(envelope.type), message_id=envelope.id),
        actor=data.requested_by.user_id,
        account_id=data.account_id,
        business_key=("request", data.request_id) if _may_cancel(data, policy) else None,
        needs=Part.REFERRALS | Part.EARLIER,
        request_id=data.request_id,
    )


def _may_cancel(data: WriteOffCancelRequested, policy: Policy) -> bool:
    return any(role in policy.roles.cancel for role in data.requested_by.roles)


def decide(
    command: Cancel,
    case: Case,
    final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Cancel at once, or answer why not; an account that no snapshot has told of is waited for (R16)."""
    data = command.data
    if not _may_cancel(data, case.current):
        allowed = ", ".join(case.current.roles.cancel)
        why = (
            f"Cancelling needs one of the roles {allowed}; user {data.requested_by.user_id} has none of them."
        )
        return _refused(command, case, "not-authorised", why)
    if case.standing is None and not final:
        return AwaitSnapshot()
    process = _meant(data, case)
    if isinstance(process, NotPossible):
        return _refused(command, case, process.refusal, process.message)
    facts = _cancel(data, replace(case, cause=process.because_of(case.cause)), process)
    if isinstance(facts, NotPossible):
        return _refused(command, case, facts.refusal, facts.message)
    answered = answer(
        replace(case.cause, process_id=process.process_id, origin=process.origin, bulk=process.bulk),
        answers_message_id=command.message_id,
        request_id=data.request_id,
        command=command.command,
        revision=1,
        figures=Figures(accepted=1, refused=0, waiting=0, totals=(), refusals=()),
    )
    return Apply(facts=(*facts, *answered))


def _meant(data: WriteOffCancelRequested, case: Case) -> Process | NotPossible:
    """Return the active process that is meant; one that has ended cannot be canceled any more."""
    active = case.process if case.process is not None and case.process.status == "active" else None
    if active is not None and data.process_id in {None, active.process_id}:
        return active
    ended = next((each for each in case.earlier if each.process_id == data.process_id), None)
    if ended is not None and ended.end_reason != "reversed" and written_off(ended):
        return use_reversal(ended)
    if ended is not None:
        known = f": process {ended.process_id} has ended ({ended.end_reason})"
    elif data.process_id is not None:
        known = f" {data.process_id}"
    else:
        known = ""
    return NotPossible(
        refusal="no-active-process",
        message=f"Account {data.account_id} has no active write-off process{known}.",
    )


def _cancel(data: WriteOffCancelRequested, case: Case, process: Process) -> tuple[Fact, ...] | NotPossible:
    match data.scope:
        case "process":
            return cancel_process(case, process, data.reason)
        case "event":
            return cancel_event(case, process, data.event_sequence or 0, data.reason)
        case "service-agreement":
            return take_out(case, process, data.sa_id or "", data.reason)


def _refused(command: Cancel, case: Case, refusal: str, message: str) -> Refuse:
    answered = refuse(
        case.cause,
        answers_message_id=command.message_id,
        request_id=command.data.request_id,
        command=command.command,
        refusal=refusal,
        message=message,
    )
    return Refuse(reason=refusal, message=message, facts=(answered,))


KINDS = (
    IntakeKind(type_name=WriteOffCancelRequested.type_name, prepare=prepare, decide=decide, refers=True),
)
