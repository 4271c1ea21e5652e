"""Facts about referrals: placed, changed, closed, and what the agencies say of them (R26)."""

from collections.abc import Sequence

from store.engine.transaction import Transaction
from store.tables import referral_history, referral_replies, referrals
from writeoff.facts import ReferralChanged, ReferralClosed, ReferralPlaced, ReferralReplied

_HISTORY = (
    "referral_id",
    "sequence",
    "history_reason",
    "activity_date",
    "amount_minor",
    "reason",
    "payment_id",
    "actor",
)


def referrals_placed(tx: Transaction, facts: Sequence[ReferralPlaced]) -> None:
    """Append referrals with their first history row."""
    tx.insert(
        referrals,
        (
            "referral_id",
            "opco",
            "account_id",
            "process_id",
            "event_sequence",
            "ordinal",
            "agency",
            "currency",
            "amount_minor",
            "active",
            "history_sequence",
        ),
        [
            (
                fact.referral_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.cause.process_id,
                fact.event_sequence,
                fact.ordinal,
                fact.agency,
                fact.currency,
                fact.amount,
                True,
                1,
            )
            for fact in facts
        ],
    )
    tx.insert(
        referral_history,
        _HISTORY,
        [
            (fact.referral_id, 1, "initial", fact.cause.on, fact.amount, None, None, fact.cause.actor)
            for fact in facts
        ],
    )


def referrals_changed(tx: Transaction, facts: Sequence[ReferralChanged]) -> None:
    """Write down the amounts that are left."""
    tx.update(
        referrals,
        ("referral_id",),
        ("amount_minor", "history_sequence"),
        [(fact.referral_id, fact.amount, fact.history_sequence) for fact in facts],
    )
    tx.insert(
        referral_history,
        _HISTORY,
        [
            (
                fact.referral_id,
                fact.history_sequence,
                "change",
                fact.cause.on,
                fact.amount,
                fact.reason,
                fact.payment_id,
                fact.cause.actor,
            )
            for fact in facts
        ],
    )


def referrals_closed(tx: Transaction, facts: Sequence[ReferralClosed]) -> None:
    """Close referrals: nothing of them counts any more."""
    tx.update(
        referrals,
        ("referral_id",),
        ("amount_minor", "active", "history_sequence", "end_reason"),
        [(fact.referral_id, 0, False, fact.history_sequence, fact.end) for fact in facts],
    )
    tx.insert(
        referral_history,
        _HISTORY,
        [
            (
                fact.referral_id,
                fact.history_sequence,
                fact.end,
                fact.cause.on,
                0,
                fact.reason,
                fact.payment_id,
                fact.cause.actor,
            )
            for fact in facts
        ],
    )


def referrals_replied(tx: Transaction, facts: Sequence[ReferralReplied]) -> None:
    """Append what the agencies said, each note under its number, and mark recalls that they confirm."""
    tx.update(
        referrals,
        ("referral_id",),
        ("replies",),
        [(fact.referral_id, fact.sequence) for fact in facts],
    )
    tx.update(
        referrals,
        ("referral_id",),
        ("recall_acknowledged_at",),
        [(fact.referral_id, fact.cause.at) for fact in facts if fact.acknowledges_recall],
    )
    tx.insert(
        referral_replies,
        (
            "referral_id",
            "sequence",
            "reply",
            "activity_date",
            "agency_reference",
            "amount_minor",
            "reason",
            "source",
            "message_id",
            "replied_at",
        ),
        [
            (
                fact.referral_id,
                fact.sequence,
                fact.reply,
                fact.cause.on,
                fact.agency_reference,
                fact.amount,
                fact.reason,
                fact.cause.source,
                fact.cause.causation_id,
                fact.cause.at,
            )
            for fact in facts
        ],
    )
