"""A newer snapshot replaces the stored one; balances and a running process follow it (R13, R16)."""

from collections.abc import Iterator

import msgspec

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from handlers.reading.snapshots import Snapshot, read_snapshot
from handlers.running.debt import debt_changed
from handlers.starting.attempts import count
from handlers.wording.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import AccountUpdated
from writeoff.account import Account, ServiceAgreement, Standing
from writeoff.case import Case, Part
from writeoff.decision import Apply
from writeoff.facts import Fact, SnapshotTaken, StandingChanged
from writeoff.money import display
from writeoff.policy.model import Policy
from writeoff.standing import after_snapshot, more_owed


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
    """Make a to-do of each agreement of a written-off account on which debt came up (R15).

    On a written-off one that is what Pulse shows more than before; on another, what more is owed than was.
    """
    if standing.locked_by is None:
        return
    for agreement in account.service_agreements:
        sa_id = agreement.sa_id
        if sa_id in standing.written_off_agreements:
            before = case.account.agreement(sa_id) if case.account else None
            amount, whose = _charged(agreement, before), "an agreement that is written off"
        else:
            known = case.standing.balances if case.standing else {}
            amount = more_owed(known, standing.balances, sa_id)
            whose = "an agreement of the account that is not written off"
        if amount > 0:
            yield todo_for(
                case,
                "debt-after-write-off",
                sa_id,
                account.version,
                amount=amount,
                detail=f"agreement {sa_id}, {display(amount, account.currency)}: shown by Pulse on {whose}; "
                "nothing was booked",
            )


def _visits_before(case: Case, account: Account, standing: Standing) -> tuple[Fact, ...]:
    """Look at visits made before Pulse said since when the account is in default (R6)."""
    known_since = case.account.defaulted_on if case.account else None
    running = case.process is not None and case.process.status == "active"
    if not case.attempts or running or standing.locked_by or known_since == account.defaulted_on:
        return ()
    return count(msgspec.structs.replace(case, account=account, standing=standing), case.attempts)


def _charged(agreement: ServiceAgreement, before: ServiceAgreement | None) -> int:
    """Return the new charges, or without any by how much the balance rose (minor units).

    What payments and their cancellations did to it is left out: they have messages of their own.
    """
    bills, payments = _effects(agreement)
    known_bills, known_payments = _effects(before) if before else ({}, {})
    charges = sum(amount for ft_id, amount in bills.items() if amount > 0 and ft_id not in known_bills)
    paid = sum(payments.values()) - sum(known_payments.values())
    return charges or agreement.balance - max((before.balance if before else 0) + paid, 0)


def _effects(agreement: ServiceAgreement) -> tuple[dict[str, int], dict[str, int]]:
    """Return what each transaction does to the balance: those of payments, undone ones included, apart."""
    of_payments = {ft.ft_id for ft in agreement.financial_transactions if ft.payment_id is not None}
    bills: dict[str, int] = {}
    payments: dict[str, int] = {}
    for ft in agreement.financial_transactions:
        apart = ft.ft_id in of_payments or ft.reverses_ft_id in of_payments
        (payments if apart else bills)[ft.ft_id] = 0 if ft.canceled else ft.amount
    return bills, payments


KINDS = (IntakeKind(type_name=AccountUpdated.type_name, prepare=prepare, decide=decide),)
