"""A newer snapshot replaces the stored one; balances and a running process follow it (R13, R16)."""

from handlers.debt import debt_changed
from handlers.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.snapshots import Snapshot, read_snapshot
from messages.envelope import Envelope
from messages.inbound import AccountUpdated
from writeoff.case import Case, Part
from writeoff.decision import Apply
from writeoff.facts import SnapshotTaken, StandingChanged
from writeoff.policy.model import Policy
from writeoff.standing import after_snapshot


def prepare(envelope: Envelope, data: AccountUpdated, policy: Policy) -> Prepared:
    """Read the snapshot into domain values."""
    return Prepared(
        command=read_snapshot(data, policy, "data"),
        actor=envelope.source,
        account_id=data.account_id,
        needs=Part.PAYMENTS | Part.REFERRALS,
    )


def decide(command: Snapshot, case: Case, _final: bool = True) -> IntakeDecision:
    """Take the snapshot if its version is above the stored one; else it is acknowledged and ignored."""
    account = command.account
    if case.account is not None and account.version <= case.account.version:
        return Apply(facts=())
    standing = after_snapshot(account, case.standing, case.payments)
    return Apply(
        facts=(
            SnapshotTaken(cause=case.cause, account=account, persons=command.persons),
            StandingChanged(cause=case.cause, standing=standing),
            *debt_changed(case, standing.balances, "account-updated"),
        )
    )


KINDS = (IntakeKind(type_name=AccountUpdated.type_name, prepare=prepare, decide=decide),)
