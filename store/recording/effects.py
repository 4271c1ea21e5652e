"""Facts about what events did: demerits, contacts, to-dos, goods."""

from collections.abc import Sequence

from store.engine.transaction import Transaction
from store.tables import contacts, demerits, goods, todos
from writeoff.facts import (
    AccountWrittenOff,
    ContactRecorded,
    DemeritRecorded,
    TodoCreated,
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
            "request_id",
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
                fact.cause.request_id,
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
