"""What a payment after a write-off brings back, and what its cancellation takes again (R24, R26)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from handlers.agencies.referrals import close_all, follow, no_longer_enforced
from handlers.wording.todos import todo_for, todo_id
from writeoff import identity
from writeoff.account import Account
from writeoff.accounting.lines import Lines
from writeoff.accounting.recovery import Recovered, after_movements, mirrored, put_back, recover
from writeoff.case import Case
from writeoff.facts import Fact, JournalPosted, TodoClosed
from writeoff.journal import Journal, JournalLine, Movement, checked
from writeoff.money import Share, display, split
from writeoff.policy.model import Policy
from writeoff.process import Process
from writeoff.recoveries import Recovery, WrittenOff
from writeoff.value import Value


class LatePayment(Value, frozen=True, kw_only=True):
    """What of a payment is for written-off debt, in minor units."""

    payment_id: str
    received_at: datetime
    amount: int


class _Entry(Value, frozen=True, kw_only=True):
    """What tells one journal from another; `on` is its transaction date, `basis` what it was decided on."""

    journal_id: str
    lines: tuple[JournalLine, ...]
    on: date
    payment_id: str
    reason: str
    basis: dict[str, object]
    reverses: str | None = None


def recovery_of(
    case: Case, account: Account, written_off: WrittenOff, payment: LatePayment
) -> tuple[Recovered, tuple[Fact, ...]]:
    """Recover what is held; what is left over is for a person to refund or transfer."""
    process, policy = written_off.process, written_off.policy
    received_on = payment.received_at.astimezone(ZoneInfo(policy.time_zone)).date()
    recovered = recover(payment.amount, written_off.buckets, policy, process.disposition, received_on)
    inner = _inside(case, written_off)
    facts: list[Fact] = []
    if recovered.lines:
        entry = _Entry(
            journal_id=identity.derive("journal", process.process_id, "recovery", payment.payment_id),
            lines=recovered.lines,
            on=received_on,
            payment_id=payment.payment_id,
            reason="payment",
            basis={
                "policy": policy.digest,
                "received_on": received_on,
                "amount": payment.amount,
                "disposition": process.disposition,
                "buckets": written_off.buckets,
            },
        )
        journal = _journal(inner, account, process, entry)
        facts.append(
            JournalPosted(cause=inner.cause, journal=journal, buckets=(), movements=recovered.movements)
        )
        facts += _referrals(inner, written_off, recovered.movements, "payment", payment.payment_id)
    if recovered.left_over:
        facts.append(
            todo_for(
                inner,
                "orphan-payment",
                payment.payment_id,
                amount=recovered.left_over,
                detail=f"payment {payment.payment_id} is more than what is still written off",
            )
        )
    return recovered, tuple(facts)


def undone(
    case: Case, account: Account, written_off: WrittenOff, recovery: Recovery, reason: str
) -> Iterator[Fact]:
    """Undo a recovery, line by line; the buckets hold what it took, and what was left over is settled."""
    inner = _inside(case, written_off)
    entry = _undoing(case, recovery, mirrored(recovery.lines), reason)
    journal = _journal(inner, account, written_off.process, entry)
    movements = put_back(recovery.movements)
    yield JournalPosted(cause=inner.cause, journal=journal, buckets=(), movements=movements)
    yield from _referrals(inner, written_off, movements, "payment-canceled", recovery.payment_id)
    held = sum(bucket.held for bucket in after_movements(written_off.buckets, movements))
    yield from no_longer_enforced(inner, held, recovery.payment_id)


def owed_again(
    case: Case, account: Account, written_off: WrittenOff, recovery: Recovery, reason: str
) -> Iterator[Fact]:
    """Undo a recovery of a write-off that was reversed: the customer owes it, nothing is held any more."""
    inner = _inside(case, written_off)
    lines = owing_lines(written_off.policy, written_off.lines, recovery.by_agreement)
    entry = _undoing(case, recovery, lines, reason)
    journal = _journal(inner, account, written_off.process, entry)
    yield JournalPosted(cause=inner.cause, journal=journal, buckets=())


def owing_lines(
    policy: Policy, written: Sequence[JournalLine], by_agreement: Mapping[str, int]
) -> tuple[JournalLine, ...]:
    """Return the lines by which agreements owe again what was recovered of them; `written` wrote them off."""
    clearing = policy.distribution_codes[policy.recovery_clearing_code]
    lines = Lines()
    for sa_id, amount in by_agreement.items():
        _owe(lines, written, sa_id, amount)
    lines.add("credit", clearing.gl_account, clearing.code, sum(by_agreement.values()), sa_id=None)
    return lines.finished()


def left_over_settled(case: Case, written_off: WrittenOff, payment_id: str) -> TodoClosed:
    """Close the to-do of what was left over of a payment that did not hold: nothing is to be refunded."""
    inner = _inside(case, written_off)
    settled = todo_id(inner.cause, "orphan-payment", payment_id)
    return TodoClosed(cause=inner.cause, todo_id=settled, reason="payment canceled")


def difference(case: Case, written_off: WrittenOff, payment_id: str, amount: int, *, recovered: bool) -> Fact:
    """Return the to-do of a payment that had lessened what was written off, and did not hold (R15).

    One that was `recovered` of an earlier write-off, reversed since, is booked: `owed_again` (R24).
    """
    inner = _inside(case, written_off)
    shown = display(amount, written_off.process.currency)
    if recovered:
        what = (
            f", of which {shown} had been recovered before this write-off, was canceled; "
            "a journal debits the receivables with it"
        )
    else:
        what = f" of {shown}, received before the write-off, was canceled; nothing was booked"
    return todo_for(
        inner,
        "debt-after-write-off",
        "payment-canceled",
        payment_id,
        amount=amount,
        detail=f"payment {payment_id}{what}",
    )


def _inside(case: Case, written_off: WrittenOff) -> Case:
    """Return the case as one of the process, correlated with the message, under the process's policy."""
    process = written_off.process
    return msgspec.structs.replace(
        case, cause=process.because_of(case.cause), policy=written_off.policy, process=process
    )


def _undoing(case: Case, recovery: Recovery, lines: tuple[JournalLine, ...], reason: str) -> _Entry:
    """Return the one entry that undoes a recovery: whatever its lines, it has one id."""
    return _Entry(
        journal_id=identity.derive("journal", recovery.journal_id, "reversal"),
        lines=lines,
        on=case.today,
        payment_id=recovery.payment_id,
        reason=reason,
        basis={"reverses": recovery.journal_id},
        reverses=recovery.journal_id,
    )


def _referrals(
    inner: Case, written_off: WrittenOff, movements: Sequence[Movement], reason: str, payment_id: str
) -> tuple[Fact, ...]:
    """Bring active referrals to what is still held; to nothing by a payment is `paid` (R26)."""
    held = sum(bucket.held for bucket in after_movements(written_off.buckets, movements))
    if held == 0:
        return close_all(inner, "paid", reason, payment_id)
    return follow(inner, held, reason, payment_id)


def _owe(lines: Lines, written: Sequence[JournalLine], sa_id: str, amount: int) -> None:
    """Debit the receivables that the write-off credited, in proportion (R25)."""
    credited = [line for line in written if line.side == "credit" and line.sa_id == sa_id]
    shares = [Share(weight=line.amount, code=line.distribution_code) for line in credited]
    for line, part in zip(credited, split(amount, shares), strict=True):
        lines.add("debit", line.gl_account, line.distribution_code, part, sa_id=sa_id)


def _journal(inner: Case, account: Account, process: Process, entry: _Entry) -> Journal:
    dates = inner.periods.dates(entry.on)
    what = "Recovery" if entry.reverses is None else "Reversal of recovery"
    return checked(
        Journal(
            journal_id=entry.journal_id,
            kind="recovery" if entry.reverses is None else "reversal",
            leg="recovery" if entry.reverses is None else "recovery-reversal",
            event_sequence=None,
            disposition=process.disposition,
            reason=entry.reason,
            description=f"{what} {process.account_id}",
            fulfilment_centre=account.fulfilment_centre,
            transaction_date=dates.transaction_date,
            posting_date=dates.posting_date,
            moved_from_period=dates.moved_from_period,
            currency=process.currency,
            lines=entry.lines,
            policy_digest=inner.policy.digest,
            basis=msgspec.json.encode(entry.basis),
            reverses_journal_id=entry.reverses,
            payment_id=entry.payment_id,
        )
    )
