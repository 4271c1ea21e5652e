"""An operator records that relief of tax was claimed: what is recovered from then on is repaid (R24)."""

from collections.abc import Iterator

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.record_tax_claim import RecordTaxClaim
from writeoff.accounting.recovery import claimable
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import ClaimedTax, TaxClaimRecorded
from writeoff.policy.model import Policy
from writeoff.recoveries import WrittenOff


def prepare(envelope: Envelope, data: RecordTaxClaim, _policy: Policy) -> Prepared:
    """Name the account, whose lock it takes."""
    return Prepared(command=data, actor=envelope.source, account_id=data.account_id, needs=Part.WRITTEN_OFF)


def decide(
    command: RecordTaxClaim,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Mark what may be claimed on that day and is not yet; money moves when something is recovered."""
    if command.claimed_on > case.today:
        message = (
            f"{command.claimed_on} has not come: the business date of {case.cause.opco} is {case.today}."
        )
        return Refuse(reason="claim-not-made-yet", message=message)
    locking = case.standing.locked_by if case.standing else None
    written_off = case.written_off.get(locking or "")
    if written_off is None:
        message = f"Account {command.account_id} is not written off."
        return Refuse(reason="not-written-off", message=message)
    parts = tuple(_claimed(command, written_off))
    if not parts:
        message = f"Account {command.account_id} holds no tax that may be claimed on {command.claimed_on}."
        return Refuse(reason="nothing-to-claim", message=message)
    cause = written_off.process.because_of(case.cause)
    claim = TaxClaimRecorded(
        cause=cause, reference=command.reference, claimed_on=command.claimed_on, parts=parts
    )
    return Apply(facts=(claim,))


def _claimed(command: RecordTaxClaim, written_off: WrittenOff) -> Iterator[ClaimedTax]:
    for bucket in written_off.buckets:
        window, supplied = claimable(bucket, written_off.policy), bucket.accounting_date
        if window is None or supplied is None or bucket.held == bucket.claimed:
            continue
        if command.distribution_code not in {None, bucket.distribution_code}:
            continue
        if command.supplied_until is not None and supplied > command.supplied_until:
            continue
        if window[0] <= command.claimed_on <= window[1]:
            yield ClaimedTax(
                bucket_id=bucket.bucket_id,
                distribution_code=bucket.distribution_code,
                accounting_date=supplied,
                amount=bucket.held - bucket.claimed,
            )


KINDS = (IntakeKind(type_name=RecordTaxClaim.type_name, prepare=prepare, decide=decide),)
