"""An operator has old bytes cleaned up at once, and not at the scheduler's pace."""

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.clean_up import CleanUp
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.policy.model import Policy


def prepare(envelope: Envelope, data: CleanUp, _policy: Policy) -> Prepared:
    """Take the order as it is."""
    return Prepared(command=data, actor=envelope.source)


def decide(
    _command: CleanUp,
    _case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Nothing of the business changes: that it was ordered, when and by whom is what is kept."""
    return Apply(facts=())


KINDS = (IntakeKind(type_name=CleanUp.type_name, prepare=prepare, decide=decide),)
