"""Facts about accounts: snapshots, standings, attempts, payments."""

from collections.abc import Sequence

import msgspec

from store.engine.transaction import Transaction
from store.tables import (
    account_snapshots,
    accounts,
    attempts,
    payment_cancellations,
    payments,
    persons,
)
from writeoff.facts import (
    AttemptRecorded,
    PaymentCanceled,
    PaymentRecorded,
    SnapshotTaken,
    StandingChanged,
)


def snapshots_taken(tx: Transaction, facts: Sequence[SnapshotTaken]) -> None:
    """Replace snapshots and persons; the account rows are there and locked."""
    latest = {(fact.account.opco, fact.account.account_id): fact for fact in facts}
    keys = sorted(latest)
    for table in (account_snapshots, persons):
        tx.delete(table, ("opco", "account_id"), keys)
    tx.insert(
        account_snapshots,
        ("opco", "account_id", "body"),
        [(*key, msgspec.json.encode(latest[key].account).decode()) for key in keys],
    )
    tx.insert(
        persons,
        ("opco", "account_id", "person_id", "position", "body"),
        [
            (*key, person.person_id, position, msgspec.json.encode(person).decode())
            for key in keys
            for position, person in enumerate(latest[key].persons)
        ],
    )
    tx.update(
        accounts,
        ("opco", "account_id"),
        ("version", "as_of", "currency", "defaulted_on"),
        [
            (*key, account.version, account.as_of, account.currency, account.defaulted_on)
            for key, account in ((key, latest[key].account) for key in keys)
        ],
    )


def standings_changed(tx: Transaction, facts: Sequence[StandingChanged]) -> None:
    """Store the last standing of each account."""
    latest = {(fact.cause.opco, fact.cause.account_id): fact for fact in facts}
    tx.update(
        accounts,
        ("opco", "account_id"),
        ("state", "standing", "locked_by", "hold_until", "updated_at"),
        [
            (
                *key,
                fact.standing.state,
                msgspec.json.encode(fact.standing).decode(),
                fact.standing.locked_by,
                fact.standing.hold_until,
                fact.cause.at,
            )
            for key, fact in latest.items()
        ],
    )


def attempts_recorded(tx: Transaction, facts: Sequence[AttemptRecorded]) -> None:
    """Append attempts."""
    tx.insert(
        attempts,
        (
            "opco",
            "attempt_id",
            "account_id",
            "repossession_id",
            "attempted_at",
            "attempted_by",
            "reason",
            "promised_to_pay_on",
            "message_id",
            "correlation_id",
            "decided",
            "recorded_at",
        ),
        [
            (
                fact.cause.opco,
                each.attempt_id,
                fact.cause.account_id,
                each.repossession_id,
                each.attempted_at,
                each.attempted_by,
                each.reason,
                each.promised_to_pay_on,
                each.message_id,
                each.correlation_id,
                each.decided,
                fact.cause.at,
            )
            for fact in facts
            for each in (fact.attempt,)
        ],
    )


def payments_recorded(tx: Transaction, facts: Sequence[PaymentRecorded]) -> None:
    """Append payments."""
    tx.insert(
        payments,
        (
            "opco",
            "payment_id",
            "account_id",
            "received_at",
            "amount_minor",
            "currency",
            "allocations",
            "counted",
            "recorded_at",
            "after_write_off",
            "collected_by",
        ),
        [
            (
                fact.cause.opco,
                each.payment_id,
                fact.cause.account_id,
                each.received_at,
                each.amount,
                fact.currency,
                msgspec.json.encode(each.allocations).decode(),
                each.counted,
                fact.cause.at,
                each.after_write_off,
                each.collected_by,
            )
            for fact in facts
            for each in (fact.payment,)
        ],
    )


def payments_canceled(tx: Transaction, facts: Sequence[PaymentCanceled]) -> None:
    """Append cancellations of payments."""
    tx.insert(
        payment_cancellations,
        ("opco", "payment_id", "account_id", "canceled_at", "reason", "recorded_at"),
        [
            (
                fact.cause.opco,
                fact.payment_id,
                fact.cause.account_id,
                fact.canceled_at,
                fact.reason,
                fact.cause.at,
            )
            for fact in facts
        ],
    )
