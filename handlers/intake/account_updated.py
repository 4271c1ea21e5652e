"""A newer snapshot replaces the stored one; balances and a running process follow it (R13, R16)."""

from collections.abc import Iterator

import msgspec

from handlers.attempts import count
from handlers.debt import debt_changed
from handlers.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.snapshots import Snapshot, read_snapshot
from handlers.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import AccountUpdated
from writeoff.account import Account, ServiceAgreement, Standing
from writeoff.case import Case, Part
from writeoff.decision import Apply
from writeoff.facts import Fact, SnapshotTaken, StandingChanged
from writeoff.money import display
from writeoff.policy.model import Policy
from writeoff.standing import after_snapshot


def prepare(envelope: Envelope, data: AccountUpdated, policy: Policy) -> Prepared:
    """Read the snapshot into domain values."""
    return Prepared(
        command=read_snapshot(data, policy, "data"),
        actor=envelope.source,
        account_id=data.account_id,
        needs=Part.SNAPSHOT | Part.PAYMENTS | Part.REFERRALS | Part.ATTEMPTS | Part.PERIODS,
    )


def decide(
    command: Snapshot,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Take the snapshot if its version is above the stored one; else it is acknowledged and ignored."""
    account = command.account
    if case.account is not None and account.version <= case.account.version:
        return Apply(facts=())
    standing = after_snapshot(account, case.standing, case.payments, case.cancellations)
    return Apply(
        facts=(
            SnapshotTaken(cause=case.cause, account=account, persons=command.persons),
            StandingChanged(cause=case.cause, standing=standing),
            *debt_changed(case, standing.balances, "account-updated"),
            *_after_write_off(case, account, standing),
            *_visits_before(case, account, standing),
        )
    )


def _after_write_off(case: Case, account: Account, standing: Standing) -> Iterator[Fact]:
    """Make a to-do of each written-off agreement on which Pulse shows more debt than before (R15)."""
    for agreement in account.service_agreements:
        if agreement.sa_id not in standing.written_off_agreements:
            continue
        before = case.account.agreement(agreement.sa_id) if case.account else None
        charged = _charged(agreement, before)
        if charged > 0:
            yield todo_for(
                case,
                "debt-after-write-off",
                agreement.sa_id,
                account.version,
                amount=charged,
                detail=f"agreement {agreement.sa_id}, {display(charged, account.currency)}",
            )


def _visits_before(case: Case, account: Account, standing: Standing) -> tuple[Fact, ...]:
    """Look at visits made before Pulse said since when the account is in default (R6)."""
    known_since = case.account.defaulted_on if case.account else None
    running = case.process is not None and case.process.status == "active"
    if not case.attempts or running or standing.locked_by or known_since == account.defaulted_on:
        return ()
    return count(msgspec.structs.replace(case, account=account, standing=standing), case.attempts)


def _charged(agreement: ServiceAgreement, before: ServiceAgreement | None) -> int:
    """Return the new charges, or without any by how much the balance rose (minor units)."""
    known = {ft.ft_id for ft in before.financial_transactions} if before else set()
    charges = sum(
        ft.amount
        for ft in agreement.financial_transactions
        if ft.amount > 0 and not ft.canceled and ft.ft_id not in known
    )
    return charges or agreement.balance - max(before.balance if before else 0, 0)


KINDS = (IntakeKind(type_name=AccountUpdated.type_name, prepare=prepare, decide=decide),)
