"""A payment did not hold: what it did is undone, wherever the account is by now (R16, R24)."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision, IntakeKind, Prepared
from handlers.money.recoveries import difference, left_over_settled, owed_again, undone
from handlers.running.debt import debt_changed
from handlers.wording.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import PaymentCanceled as Message
from writeoff.account import Account, Payment, Standing
from writeoff.case import Case, Part
from writeoff.decision import Apply
from writeoff.facts import Fact, PaymentCanceled, StandingChanged
from writeoff.money import display
from writeoff.policy.model import Policy
from writeoff.process import Process
from writeoff.recoveries import Recovery, WrittenOff
from writeoff.standing import booked_amounts, booked_payments, more_owed, raised
from writeoff.value import Value


class CancelPayment(Value, frozen=True, kw_only=True):
    """Which payment did not hold, since when, and why."""

    payment_id: str
    canceled_at: datetime
    reason: str


class _Bounce(Value, frozen=True, kw_only=True):
    """A cancellation of a payment that is known: by its own message, or at least by the snapshot."""

    command: CancelPayment
    case: Case
    account: Account
    standing: Standing
    payment: Payment | None
    recovery: Recovery | None


def prepare(envelope: Envelope, data: Message, _policy: Policy) -> Prepared:
    """Name the account; R12's key is (type, payment): a payment is canceled once."""
    return Prepared(
        command=CancelPayment(payment_id=data.payment_id, canceled_at=data.canceled_at, reason=data.reason),
        actor=envelope.source,
        account_id=data.account_id,
        business_key=(envelope.type, data.payment_id),
        needs=Part.SNAPSHOT
        | Part.REFERRALS
        | Part.PAYMENTS
        | Part.WRITTEN_OFF
        | Part.RECOVERIES
        | Part.CANCELLATIONS
        | Part.PERIODS,
    )


def decide(
    command: CancelPayment,
    case: Case,
    final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Undo the payment; a cancellation that overtook its payment waits for it, and at last is a to-do."""
    account, standing = case.account, case.standing
    payment = next((each for each in case.payments if each.payment_id == command.payment_id), None)
    known = payment is not None or (account is not None and command.payment_id in booked_payments(account))
    if not known and not final:
        return AwaitSnapshot()
    recorded = PaymentCanceled(
        cause=case.cause,
        payment_id=command.payment_id,
        canceled_at=command.canceled_at,
        reason=command.reason,
    )
    if not known:
        task = todo_for(
            case,
            "orphan-payment",
            command.payment_id,
            detail=f"payment {command.payment_id} was canceled and never came; should it come for this "
            "account, it counts nowhere",
        )
        return Apply(facts=(recorded, task))
    if account is None or standing is None:
        return Apply(facts=(recorded,))
    mine = [each for each in case.recoveries if each.payment_id == command.payment_id and not each.undone]
    bounce = _Bounce(
        command=command,
        case=case,
        account=account,
        standing=standing,
        payment=payment,
        recovery=mine[0] if mine else None,
    )
    return Apply(facts=(recorded, *_undone(bounce)))


def _undone(bounce: _Bounce) -> Iterator[Fact]:
    """Undo what was recovered, raise balances that owe again, and tell of what can only be told."""
    case, command, standing, recovery = bounce.case, bounce.command, bounce.standing, bounce.recovery
    canceled = (command.payment_id, command.canceled_at)
    rises = raised(bounce.account, standing, case.payments, case.cancellations, canceled)
    if recovery is not None:
        written_off = case.written_off[recovery.process_id]
        if standing.locked_by == recovery.process_id:
            yield from undone(case, bounce.account, written_off, recovery, command.reason)
        else:
            yield from owed_again(case, bounce.account, written_off, recovery, command.reason)
            rises |= _restored(standing, recovery)
    yield from _settled(bounce)
    if standing.locked_by is not None:
        yield from _told(bounce, case.written_off[standing.locked_by])
    rises = {sa_id: part for sa_id, part in rises.items() if sa_id in standing.balances}
    if rises:
        balances = {sa_id: owed + rises.get(sa_id, 0) for sa_id, owed in standing.balances.items()}
        changed = msgspec.structs.replace(standing, balances=balances)
        yield StandingChanged(cause=case.cause, standing=changed)
        yield from debt_changed(case, balances, "payment-canceled", command.payment_id)
        yield from _outside(bounce, balances)


def _outside(bounce: _Bounce, balances: Mapping[str, int]) -> Iterator[Fact]:
    """Tell of agreements that owe again and come into no process: they have left it (R13), or R15's lock."""
    case, standing, payment_id = bounce.case, bounce.standing, bounce.command.payment_id
    if standing.locked_by is not None:
        process: Process | None = case.written_off[standing.locked_by].process
        outside = [sa_id for sa_id in balances if sa_id not in standing.written_off_agreements]
        where = "on an account that is written off"
    else:
        process = case.process
        outside = [each.sa_id for each in process.agreements if each.left] if process else []
        where = "outside the process"
    again = {sa_id: more_owed(standing.balances, balances, sa_id) for sa_id in outside}
    again = {sa_id: amount for sa_id, amount in again.items() if amount > 0}
    if process is None or not again:
        return
    whose = ", ".join(f"{sa_id} {display(amount, process.currency)}" for sa_id, amount in again.items())
    booked = bounce.recovery is not None and bounce.recovery.process_id != standing.locked_by
    said = "; a journal debits the receivables with what it had recovered" if booked else ""
    yield todo_for(
        msgspec.structs.replace(case, cause=process.because_of(case.cause)),
        "debt-after-write-off" if booked else "orphan-payment",
        "left",
        payment_id,
        amount=sum(again.values()),
        detail=f"payment {payment_id} was canceled; owed again {where}: {whose}{said}",
    )


def _restored(standing: Standing, recovery: Recovery) -> Mapping[str, int]:
    """Return what agreements owe again on which no snapshot since the reversal counts (R25)."""
    restored = {each.sa_id for each in standing.restored} - set(standing.written_off_agreements)
    return {sa_id: amount for sa_id, amount in recovery.by_agreement.items() if sa_id in restored}


def _settled(bounce: _Bounce) -> Iterator[Fact]:
    """Close the to-do of what was left over: nothing is to be refunded of a payment that did not hold."""
    payment, recovery = bounce.payment, bounce.recovery
    process_id = recovery.process_id if recovery else bounce.standing.locked_by
    written_off = bounce.case.written_off.get(process_id or "")
    if payment is None or written_off is None or not payment.after_write_off:
        return
    left_over = payment.amount > sum(payment.allocations.values())
    if left_over and payment.payment_id not in written_off.booked:
        yield left_over_settled(bounce.case, written_off, payment.payment_id)


def _told(bounce: _Bounce, written_off: WrittenOff) -> Iterator[Fact]:
    """Tell what the ledger of a locked account cannot show: a difference is a to-do, never debt (R15)."""
    amount = _lessened(bounce, written_off)
    if amount > 0:
        recovered = bounce.recovery is not None
        yield difference(bounce.case, written_off, bounce.command.payment_id, amount, recovered=recovered)


def _lessened(bounce: _Bounce, written_off: WrittenOff) -> int:
    """Return by how much the payment had lessened what was written off, in minor units."""
    payment, recovery, payment_id = bounce.payment, bounce.recovery, bounce.command.payment_id
    laid: Mapping[str, int] = payment.allocations if payment else {}
    if recovery is not None:
        if recovery.process_id == written_off.process.process_id:
            return 0  # it had lessened nothing: what it recovered is held again
        laid = recovery.by_agreement
    elif payment_id in written_off.booked:
        booked = booked_amounts(bounce.account, payment_id)
        laid = laid or {sa_id: -amount for sa_id, amount in booked.items()}
    elif payment is None or payment.after_write_off or not _counted(payment, bounce.account, written_off):
        return 0
    if not laid and payment is not None:
        return payment.amount
    return sum(part for sa_id, part in laid.items() if sa_id in bounce.standing.written_off_agreements)


def _counted(payment: Payment, account: Account, written_off: WrittenOff) -> bool:
    """Tell whether a payment counted on top of the snapshot that was written off (R16)."""
    return payment.received_at > written_off.as_of and payment.currency in {None, account.currency}


KINDS = (IntakeKind(type_name=Message.type_name, prepare=prepare, decide=decide, awaits_payment=True),)
