"""What happens to referrals: closing one, and following the debt (R26)."""

from handlers.wording.todos import todo_for
from writeoff.case import Case
from writeoff.facts import Fact, ReferralChanged, ReferralClosed, ReferralEndReason
from writeoff.process import Referral


def close(
    case: Case, referral: Referral, end: ReferralEndReason, reason: str, payment_id: str | None = None
) -> ReferralClosed:
    """Return the end of an active referral: `paid`, or a cancellation, which recalls it."""
    return ReferralClosed(
        cause=case.cause,
        referral_id=referral.referral_id,
        agency=referral.agency,
        history_sequence=referral.history_sequence + 1,
        end=end,
        previous=referral.amount,
        currency=case.policy.currency,
        reason=reason,
        payment_id=payment_id,
        enforced=case.written_off_by_now,
    )


def close_all(
    case: Case, end: ReferralEndReason, reason: str, payment_id: str | None = None
) -> tuple[Fact, ...]:
    """Return the end of every active referral of the process."""
    return tuple(
        close(case, referral, end, reason, payment_id) for referral in case.referrals if referral.active
    )


def follow(case: Case, amount: int, reason: str, payment_id: str | None = None) -> tuple[Fact, ...]:
    """Return the changes that bring every active referral to the debt that is left (minor units)."""
    return tuple(
        ReferralChanged(
            cause=case.cause,
            referral_id=referral.referral_id,
            agency=referral.agency,
            history_sequence=referral.history_sequence + 1,
            amount=amount,
            previous=referral.amount,
            currency=case.policy.currency,
            reason=reason,
            payment_id=payment_id,
            enforced=case.written_off_by_now,
        )
        for referral in case.referrals
        if referral.active and referral.amount != amount
    )


def no_longer_enforced(case: Case, amount: int, payment_id: str) -> tuple[Fact, ...]:
    """Return the to-do of a debt (minor units) whose referral a payment had ended that did not hold.

    The agency was told that it is paid; nobody sends it there again by itself.
    """
    paid = [referral for referral in case.referrals if referral.end == "paid"]
    if not paid or any(referral.active for referral in case.referrals):
        return ()
    return (
        todo_for(
            case,
            "no-agency",
            "payment-canceled",
            payment_id,
            amount=amount,
            sequence=paid[-1].event_sequence,
            detail=f"payment {payment_id} had ended the referral to {paid[-1].agency}, and did not hold",
        ),
    )
