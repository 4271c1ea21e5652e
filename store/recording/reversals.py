"""Facts of a reversal: the process, and the end of what its events did (R25)."""

from collections.abc import Sequence

from store.engine.transaction import Transaction
from store.tables import contacts, demerits, goods, reversals, todos
from writeoff.facts import AccountRestored, DemeritEnded, LetterCorrected, ProcessReversed, TodoClosed


def processes_reversed(tx: Transaction, facts: Sequence[ProcessReversed]) -> None:
    """Append reversals: a second one of a process breaks the key."""
    tx.insert(
        reversals,
        (
            "process_id",
            "opco",
            "account_id",
            "request_id",
            "reason",
            "reversed_on",
            "amount_minor",
            "recoveries_kept_minor",
            "currency",
            "correlation_id",
            "causation_id",
            "actor",
            "reversed_at",
        ),
        [
            (
                fact.cause.process_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.reversal_request_id,
                fact.reason,
                fact.cause.on,
                fact.amount,
                fact.recoveries_kept,
                fact.currency,
                fact.cause.correlation_id,
                fact.cause.causation_id,
                fact.cause.actor,
                fact.cause.at,
            )
            for fact in facts
        ],
    )


def demerits_ended(tx: Transaction, facts: Sequence[DemeritEnded]) -> None:
    """Write down until when demerits count."""
    tx.update(
        demerits,
        ("process_id", "demerit_id"),
        ("ended_on",),
        [(fact.cause.process_id, fact.demerit_id, fact.effective_to) for fact in facts],
    )


def letters_corrected(tx: Transaction, facts: Sequence[LetterCorrected]) -> None:
    """Append the contacts that correct earlier ones."""
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
            "corrects_contact_id",
        ),
        [
            (
                fact.contact_id,
                fact.cause.opco,
                fact.cause.account_id,
                fact.cause.process_id,
                fact.letter.event_sequence,
                fact.letter.person.person_id,
                fact.contact_class,
                fact.contact_type,
                fact.cause.on,
                True,
                fact.letter.contact_id,
            )
            for fact in facts
        ],
    )


def todos_closed(tx: Transaction, facts: Sequence[TodoClosed]) -> None:
    """Close to-dos."""
    tx.update(
        todos,
        ("todo_id",),
        ("status", "closed_on", "closed_because"),
        [(fact.todo_id, "closed", fact.cause.on, fact.reason) for fact in facts],
    )


def goods_restored(tx: Transaction, facts: Sequence[AccountRestored]) -> None:
    """Write down that goods are the customer's again, quantity by quantity."""
    tx.update(
        goods,
        ("process_id", "sa_id", "product_id"),
        ("restored",),
        [
            (fact.cause.process_id, each.sa_id, each.product_id, each.returned + each.lost)
            for fact in facts
            for each in fact.products
        ],
    )
