"""An operator sets an opco's business date, or lets the calendar count again."""

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.set_business_date import SetBusinessDate
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import BusinessDateSet
from writeoff.policy.model import Policy


def prepare(envelope: Envelope, data: SetBusinessDate, _policy: Policy) -> Prepared:
    """Take the date as it is."""
    return Prepared(command=data, actor=envelope.source)


def decide(
    command: SetBusinessDate,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Set it; whether it may be moved at all is a setting, which whoever submits looks at."""
    return Apply(facts=(BusinessDateSet(cause=case.cause, business_date=command.business_date),))


KINDS = (IntakeKind(type_name=SetBusinessDate.type_name, prepare=prepare, decide=decide),)
