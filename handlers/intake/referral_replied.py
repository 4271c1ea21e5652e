"""What an agency says of a referral: notes, a debt given back, a recall confirmed (R26, R9)."""

import msgspec

from handlers.agencies.placing import NEEDS
from handlers.agencies.recalls import resumed, settled
from handlers.agencies.referrals import close
from handlers.agencies.rejections import next_agency
from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.reading.amounts import minor
from handlers.wording.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import ReferralReplied as Message
from messages.malformed import Malformed
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import Fact, ReferralReplied
from writeoff.policy.model import Policy
from writeoff.process import Process, Referral
from writeoff.value import Value

#: How a source names an agency.
SOURCE = "/agency/"


class Reply(Value, frozen=True, kw_only=True):
    """A reply; `amount` in minor units is what the agency names, and no money."""

    referral_id: str
    agency: str
    reply: str
    agency_reference: str | None
    amount: int | None
    reason: str | None


def prepare(envelope: Envelope, data: Message, policy: Policy) -> Prepared:
    """Read a reply; its source must be that of the agency which it says it is."""
    if envelope.source != f"{SOURCE}{data.agency}":
        raise Malformed(
            "source", f"An agency speaks for itself alone; send {SOURCE} and the code of data.agency."
        )
    referral_id = data.referral_id.lower()
    return Prepared(
        command=Reply(
            referral_id=referral_id,
            agency=data.agency,
            reply=data.reply,
            agency_reference=data.agency_reference,
            amount=None if data.amount is None else minor(data.amount, policy.currency, "data.amount"),
            reason=data.reason,
        ),
        actor=envelope.source,
        referral_id=referral_id,
        # A note must not wait for the totals of the agencies; who gives a debt back makes somebody choose.
        needs=NEEDS if data.reply == "rejected" else Part.REFERRALS,
    )


def decide(
    reply: Reply,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Note the reply, and do what it means for a referral that is active, or recalled."""
    process = case.process
    referral = next((each for each in case.referrals if each.referral_id == reply.referral_id), None)
    if process is None or referral is None:
        why = f"{reply.agency} replied {reply.reply} to referral {reply.referral_id}, which is not known"
        return _refused(case, reply, "unknown-referral", why)
    cause = msgspec.structs.replace(process.because_of(case.cause), source=case.cause.source)
    inner = msgspec.structs.replace(case, cause=cause)
    if referral.agency != reply.agency:
        why = f"{reply.agency} replied {reply.reply} to referral {reply.referral_id} of {referral.agency}"
        return _refused(inner, reply, "not-its-referral", why)
    return Apply(facts=(_note(inner, reply, referral), *_means(inner, reply, process, referral)))


def _refused(case: Case, reply: Reply, reason: str, why: str) -> Refuse:
    return Refuse(reason=reason, message=f"{why}.", facts=(_task(case, reply, why),))


def _task(case: Case, reply: Reply, why: str) -> Fact:
    return todo_for(case, "agency-reply", reply.referral_id, case.cause.causation_id, detail=why)


def _note(case: Case, reply: Reply, referral: Referral) -> Fact:
    return ReferralReplied(
        cause=case.cause,
        referral_id=referral.referral_id,
        agency=referral.agency,
        sequence=referral.replies + 1,
        reply=reply.reply,
        agency_reference=reply.agency_reference,
        amount=reply.amount,
        reason=reply.reason,
        acknowledges_recall=reply.reply == "recall-acknowledged" and referral.recall_outstanding,
    )


def _means(case: Case, reply: Reply, process: Process, referral: Referral) -> tuple[Fact, ...]:
    """Return what follows beside the note: nothing from a reply that comes too late or again."""
    match reply.reply:
        case "recall-acknowledged" if referral.recall_outstanding:
            return (
                *settled(case, process, referral),
                *resumed(_acknowledged(case, referral), process),
            )
        case "recall-acknowledged" if referral.active:
            why = (
                f"{referral.agency} acknowledged a recall of referral {referral.referral_id}, which is active"
            )
            return (_task(case, reply, why),)
        case "rejected" if referral.active:
            return (close(case, referral, "rejected", _said(reply)), *next_agency(case, process, referral))
        case "uncollectible" if referral.active:
            told = todo_for(
                case,
                "uncollectible",
                referral.referral_id,
                amount=referral.amount,
                sequence=referral.event_sequence,
                detail=f"{referral.agency} gives the debt back as uncollectible",
            )
            return (close(case, referral, "uncollectible", _said(reply)), told)
        case _:
            return ()


def _acknowledged(case: Case, referral: Referral) -> Case:
    others = tuple(
        msgspec.structs.replace(each, recall_acknowledged=True) if each is referral else each
        for each in case.referrals
    )
    return msgspec.structs.replace(case, referrals=others)


def _said(reply: Reply) -> str:
    return reply.reason or reply.reply


KINDS = (IntakeKind(type_name=Message.type_name, prepare=prepare, decide=decide),)
