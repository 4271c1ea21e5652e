"""An operator pauses a kind of write-off event, or lets it run again."""

from handlers.event_types import kinds
from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.pause_kind import PauseKind, ResumeKind
from messages.malformed import Malformed
from writeoff.case import Case
from writeoff.decision import Apply
from writeoff.facts import KindPaused, KindResumed
from writeoff.policy.model import Policy


def prepare(envelope: Envelope, data: PauseKind | ResumeKind, _policy: Policy) -> Prepared:
    """Refuse a kind that there is not."""
    if data.kind not in kinds():
        raise Malformed(
            "data.kind", f"There is no such kind of event; send one of {', '.join(sorted(kinds()))}."
        )
    return Prepared(command=data, actor=envelope.source)


def decide(
    command: PauseKind | ResumeKind,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Pause or resume it; sets that run now are finished."""
    if isinstance(command, PauseKind):
        return Apply(facts=(KindPaused(cause=case.cause, kind=command.kind, reason=command.reason),))
    return Apply(facts=(KindResumed(cause=case.cause, kind=command.kind),))


KINDS = tuple(
    IntakeKind(type_name=each.type_name, prepare=prepare, decide=decide) for each in (PauseKind, ResumeKind)
)
