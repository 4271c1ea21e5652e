"""Messages that are valid and kept, and decided once this product can: nothing that is sent is lost."""

from handlers.intake_kind import AwaitCapability, IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound import MessageAcknowledged, PaymentCanceled, ReferralReplied
from writeoff.case import Case
from writeoff.policy.model import Policy


def prepare(
    envelope: Envelope, data: PaymentCanceled | ReferralReplied | MessageAcknowledged, _policy: Policy
) -> Prepared:
    """Keep the message as it is; R12's key of a canceled payment is (type, payment id)."""
    if isinstance(data, PaymentCanceled):
        return Prepared(command=None, actor=envelope.source, business_key=(envelope.type, data.payment_id))
    return Prepared(command=None, actor=envelope.source)


def decide(
    _command: None,
    _case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Wait for the capability."""
    return AwaitCapability(why="not decided yet by this version")


KINDS = tuple(
    IntakeKind(type_name=each.type_name, prepare=prepare, decide=decide)
    for each in (PaymentCanceled, ReferralReplied, MessageAcknowledged)
)
