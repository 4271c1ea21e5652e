"""Facts about what events did: demerits, referrals, contacts, to-dos, goods."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import update

from store.tables import agency_debt, contacts, demerits, goods, referral_history, referrals, todos
from store.transaction import Transaction
from writeoff.facts import (
    AccountWrittenOff,
    ContactRecorded,
    DemeritRecorded,
    ReferralChanged,
    ReferralClosed,
    ReferralPlaced,
    TodoCreated,
)

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


def demerits_recorded(tx: Transaction, facts: Sequence[DemeritRecorded]) -> None:
    """Append demerits."""
    tx.insert(
        demerits,
        (
            "demerit_id",
            "opco",
            "account_id",
            "process_id",
            "event_sequence",
            "credit_rating_points",
            "cash_only_points",
            "effective_from",
            "effective_to",
        ),
        [
            (
                fact.demerit_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.cause.process_id,
                fact.event_sequence,
                fact.credit_rating_points,
                fact.cash_only_points,
                fact.effective_from,
                fact.effective_to,
            )
            for fact in facts
        ],
    )


def referrals_placed(tx: Transaction, facts: Sequence[ReferralPlaced]) -> None:
    """Append referrals with their first history row, and add them to the agencies' debt."""
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
                1,
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
    _add_to_agencies(tx, ((fact.cause.opco, fact.agency, fact.amount) for fact in facts))


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
    _add_to_agencies(tx, ((fact.cause.opco, fact.agency, fact.amount - fact.previous) for fact in facts))


def referrals_closed(tx: Transaction, facts: Sequence[ReferralClosed]) -> None:
    """Close referrals: nothing of them counts any more."""
    tx.update(
        referrals,
        ("referral_id",),
        ("amount_minor", "active", "history_sequence"),
        [(fact.referral_id, 0, False, fact.history_sequence) for fact in facts],
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
    _add_to_agencies(tx, ((fact.cause.opco, fact.agency, -fact.previous) for fact in facts))


def _add_to_agencies(tx: Transaction, amounts: Iterable[tuple[str, str, int]]) -> None:
    """Add to the agencies' active debt, one row each, in key order."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for opco, agency, amount in amounts:
        sums[opco, agency] += amount
    tx.insert_new(
        agency_debt, ("opco", "agency", "active_minor"), [(*key, 0) for key in sums], ("opco", "agency")
    )
    for (opco, agency), amount in sorted(sums.items()):
        tx.execute(
            update(agency_debt)
            .where(agency_debt.c.opco == opco, agency_debt.c.agency == agency)
            .values(active_minor=agency_debt.c.active_minor + amount)
        )


def contacts_recorded(tx: Transaction, facts: Sequence[ContactRecorded]) -> None:
    """Append customer contacts."""
    tx.insert(
        contacts,
        (
            "contact_id",
            "opco",
            "account_id",
            "process_id",
            "event_sequence",
            "person_id",
            "contact_class",
            "contact_type",
            "contacted_on",
            "letter",
        ),
        [
            (
                fact.contact_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.cause.process_id,
                fact.event_sequence,
                fact.person.person_id,
                fact.contact_class,
                fact.contact_type,
                fact.cause.on,
                bool(fact.recipients),
            )
            for fact in facts
        ],
    )


def todos_created(tx: Transaction, facts: Sequence[TodoCreated]) -> None:
    """Append to-dos."""
    tx.insert(
        todos,
        (
            "todo_id",
            "opco",
            "account_id",
            "process_id",
            "event_sequence",
            "todo_type",
            "role",
            "priority",
            "status",
            "subject",
            "message",
            "amount_minor",
            "currency",
            "created_at",
        ),
        [
            (
                fact.todo_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.cause.process_id,
                fact.event_sequence,
                fact.todo_type,
                fact.role,
                fact.priority,
                "open",
                fact.subject,
                fact.message,
                fact.amount,
                fact.currency,
                fact.cause.at,
            )
            for fact in facts
        ],
    )


def goods_recorded(tx: Transaction, facts: Sequence[AccountWrittenOff]) -> None:
    """Append what became of the goods, quantity by quantity."""
    tx.insert(
        goods,
        ("process_id", "sa_id", "product_id", "opco", "account_id", "returned", "lost"),
        [
            (
                fact.cause.process_id,
                product.sa_id,
                product.product_id,
                fact.cause.opco,
                fact.cause.account_id,
                product.returned,
                product.lost,
            )
            for fact in facts
            for product in fact.products
        ],
    )
