"""Commands that this version cannot carry out yet: answered `not-supported-yet`, never lost."""

from handlers.answers import command_name, refuse
from handlers.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound import WriteOffDecided
from writeoff.case import Case
from writeoff.decision import Refuse
from writeoff.policy.model import Policy
from writeoff.value import Value


class Unsupported(Value, frozen=True, kw_only=True):
    """Which command, and the message to answer."""

    request_id: str
    command: str
    message_id: str


def prepare(
    envelope: Envelope,
    data: WriteOffDecided,
    _policy: Policy,
) -> Prepared:
    """Note whom to answer; no business key is claimed, so that it can be sent again later."""
    command = Unsupported(
        request_id=data.request_id, command=command_name(envelope.type), message_id=envelope.id
    )
    return Prepared(command=command, actor=data.decided_by.user_id)


def decide(
    command: Unsupported,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Refuse with the reason."""
    message = f"{command.command} is not supported yet; nothing was changed."
    answered = refuse(
        case.cause,
        answers_message_id=command.message_id,
        request_id=command.request_id,
        command=command.command,
        refusal="not-supported-yet",
        message=message,
    )
    return Refuse(reason="not-supported-yet", message=message, facts=(answered,))


KINDS = tuple(
    IntakeKind(type_name=each.type_name, prepare=prepare, decide=decide) for each in (WriteOffDecided,)
)
