"""An operator has messages published again, because a broker has lost them."""

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.replay_outbox import ReplayOutbox
from writeoff.case import Case
from writeoff.decision import Apply, Refuse
from writeoff.facts import ReplayOrdered
from writeoff.policy.model import Policy


def prepare(envelope: Envelope, data: ReplayOutbox, _policy: Policy) -> Prepared:
    """Take the order as it is."""
    return Prepared(command=data, actor=envelope.source)


def decide(
    command: ReplayOutbox,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Note the order; the messages are listed in sets, by whoever gets to it."""
    if command.since > case.cause.at:
        message = f"Nothing has been written since {command.since.isoformat()}: that is still to come."
        return Refuse(reason="since-in-future", message=message)
    ordered = ReplayOrdered(
        cause=case.cause,
        since=command.since,
        destination=command.destination,
        without_opco=command.without_opco,
    )
    return Apply(facts=(ordered,))


KINDS = (IntakeKind(type_name=ReplayOutbox.type_name, prepare=prepare, decide=decide),)
