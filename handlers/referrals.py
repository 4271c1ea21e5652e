"""What happens to referrals: closing one, and following the debt (R26)."""

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
        )
        for referral in case.referrals
        if referral.active and referral.amount != amount
    )
