"""A payment before a write-off counts on top of the snapshot (R13, R16); a later one is a recovery (R24)."""

from datetime import datetime

import msgspec

from handlers.kinds.intake_kind import AwaitSnapshot, IntakeDecision, IntakeKind, Prepared, missing_snapshot
from handlers.money.recoveries import LatePayment, recovery_of
from handlers.reading.amounts import minor, require_currency
from handlers.running.debt import debt_changed
from handlers.wording.todos import todo_for
from messages.envelope import Envelope
from messages.inbound import PaymentReceived
from writeoff.account import Account, Payment, Standing
from writeoff.accounting.allocation import allocate
from writeoff.case import Case, Part
from writeoff.decision import Apply
from writeoff.facts import Fact, PaymentRecorded, StandingChanged
from writeoff.policy.model import Policy
from writeoff.standing import counts, less
from writeoff.value import Value


class CountPayment(Value, frozen=True, kw_only=True):
    """A payment in minor units; `named` says how much of it goes to which agreement, as far as it does."""

    payment_id: str
    received_at: datetime
    amount: int
    currency: str
    named: dict[str, int]
    account_version: int | None
    collected_by: str | None = None


def prepare(envelope: Envelope, data: PaymentReceived, _policy: Policy) -> Prepared:
    """Read the amounts in the payment's own currency."""
    require_currency(data.currency, "data.currency")
    named: dict[str, int] = {}
    for i, each in enumerate(data.allocations or ()):
        part = minor(each.amount, data.currency, f"data.allocations[{i}].amount")
        named[each.sa_id] = named.get(each.sa_id, 0) + part
    return Prepared(
        command=CountPayment(
            payment_id=data.payment_id,
            received_at=data.received_at,
            amount=minor(data.amount, data.currency, "data.amount"),
            currency=data.currency,
            named=named,
            account_version=data.account_version,
            collected_by=data.collected_by_agency,
        ),
        actor=envelope.source,
        account_id=data.account_id,
        business_key=("payment", data.payment_id),
        needs=Part.SNAPSHOT | Part.REFERRALS | Part.WRITTEN_OFF | Part.CANCELLATIONS | Part.PERIODS,
    )


def decide(  # noqa: PLR0911 - one return for each outcome
    command: CountPayment,
    case: Case,
    final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Count the payment where it counts; a snapshot that never comes makes it a to-do.

    What a to-do is made of counts under the next snapshot that has not booked it (R16). A payment whose
    cancellation came first counts nowhere. Once the account is written off no snapshot matters any more.
    """
    account, standing = case.account, case.standing
    locked = standing is not None and standing.locked_by is not None
    if command.payment_id in case.cancellations:
        return Apply(facts=_recorded(case, command, {}, counted=False))
    if missing_snapshot(case, command.account_version) and not locked and not final:
        return AwaitSnapshot()
    if account is None or standing is None:
        why = "an account that no snapshot has told of"
        return Apply(facts=(*_recorded(case, command, {}, counted=False), _orphan(case, command, why)))
    if command.currency != account.currency:
        task = todo_for(
            case,
            "wrong-currency",
            command.payment_id,
            amount=command.amount,
            currency=command.currency,
            detail=f"payment {command.payment_id} came in {command.currency}, the account is kept in "
            f"{account.currency}",
        )
        return Apply(facts=(*_recorded(case, command, {}, counted=False), task))
    if standing.locked_by is not None:
        return Apply(facts=_after_write_off(case, command, account, standing))
    counted = counts(command.payment_id, command.received_at, account)
    parts = allocate(
        command.amount, command.named, account, standing.balances, case.policy.distribution_codes
    )
    if missing_snapshot(case, command.account_version):
        why = f"version {command.account_version}, which no snapshot has told of"
        return Apply(facts=(*_recorded(case, command, parts, counted=False), _orphan(case, command, why)))
    recorded = _recorded(case, command, parts, counted=counted)
    if not counted:
        return Apply(facts=recorded)
    balances = less(standing.balances, parts, standing)
    changed = msgspec.structs.replace(standing, balances=balances)
    return Apply(
        facts=(
            *recorded,
            StandingChanged(cause=case.cause, standing=changed),
            *debt_changed(case, balances, "payment", command.payment_id),
        )
    )


def _after_write_off(
    case: Case, command: CountPayment, account: Account, standing: Standing
) -> tuple[Fact, ...]:
    """Recover written-off debt, except for what is named for agreements that are not written off.

    What the snapshot of the write-off had booked has lessened the debt already (R24).
    """
    written_off = case.written_off[standing.locked_by or ""]
    if command.payment_id in written_off.booked:
        return _recorded(case, command, {}, counted=False, after_write_off=True)
    living = {
        sa_id: part
        for sa_id, part in command.named.items()
        if sa_id in standing.balances and sa_id not in standing.written_off_agreements
    }
    late = LatePayment(
        payment_id=command.payment_id,
        received_at=command.received_at,
        amount=command.amount - sum(living.values()),
    )
    recovered, facts = recovery_of(case, account, written_off, late)
    parts = {**living, **recovered.by_agreement}
    recorded = _recorded(case, command, parts, counted=bool(parts), after_write_off=True)
    if not living or not counts(command.payment_id, command.received_at, account):
        return (*recorded, *facts)
    changed = msgspec.structs.replace(standing, balances=less(standing.balances, living, standing))
    return (*recorded, StandingChanged(cause=case.cause, standing=changed), *facts)


def _recorded(
    case: Case,
    command: CountPayment,
    parts: dict[str, int],
    *,
    counted: bool,
    after_write_off: bool = False,
) -> tuple[Fact, ...]:
    payment = Payment(
        payment_id=command.payment_id,
        received_at=command.received_at,
        amount=command.amount,
        allocations=parts,
        counted=counted,
        currency=command.currency,
        after_write_off=after_write_off,
        collected_by=command.collected_by,
    )
    return (PaymentRecorded(cause=case.cause, payment=payment, currency=command.currency),)


def _orphan(case: Case, command: CountPayment, why: str) -> Fact:
    return todo_for(
        case,
        "orphan-payment",
        command.payment_id,
        amount=command.amount,
        currency=command.currency,
        detail=f"payment {command.payment_id} names {why}",
    )


KINDS = (IntakeKind(type_name=PaymentReceived.type_name, prepare=prepare, decide=decide),)
