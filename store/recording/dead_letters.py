"""Facts about dead letters that an operator has handled: each compares the revision, and sets the next."""

from collections.abc import Sequence

from sqlalchemy import literal

from store.engine.errors import StoreBusy
from store.engine.transaction import Transaction
from store.tables import dead_letters
from writeoff.dead_letter import DeadLetterState
from writeoff.facts import DeadLetterDiscarded, DeadLetterEdited, DeadLetterRetried


def letters_retried(tx: Transaction, facts: Sequence[DeadLetterRetried]) -> None:
    """Write down that letters were read again."""
    _handled(tx, "retried", facts)


def letters_edited(tx: Transaction, facts: Sequence[DeadLetterEdited]) -> None:
    """Write down that letters were corrected."""
    _handled(tx, "edited", facts)


def letters_discarded(tx: Transaction, facts: Sequence[DeadLetterDiscarded]) -> None:
    """Write down that letters were discarded."""
    _handled(tx, "discarded", facts)


def _handled(
    tx: Transaction,
    state: DeadLetterState,
    facts: Sequence[DeadLetterRetried | DeadLetterEdited | DeadLetterDiscarded],
) -> None:
    """Set state and revision where the letter is still as it was decided about.

    Raises `StoreBusy` where another command was first: the whole transaction starts over, and sees that.
    """
    became = ("became_source", "became_id")
    names = ("dead_letter_id", "revision", "acted_by", "acted_id", "acted_at", "note", *became)
    rows = sorted(
        (
            fact.dead_letter_id,
            fact.revision,
            fact.cause.source,
            fact.cause.causation_id,
            fact.cause.at,
            fact.reason,
            *((None, None) if isinstance(fact, DeadLetterDiscarded) else (fact.source, fact.message_id)),
        )
        for fact in facts
    )
    done = tx.rows("done", [dead_letters.c[name] for name in names], rows)
    kept = became if state == "discarded" else ()
    statement = (
        dead_letters.update()
        .values(
            state=literal(state),
            acted_count=dead_letters.c.count,
            revision=dead_letters.c.revision + 1,
            **{name: done.c[name] for name in names[2:] if name not in kept},
        )
        .where(
            dead_letters.c.dead_letter_id == done.c.dead_letter_id, dead_letters.c.revision == done.c.revision
        )
    )
    if tx.connection.execute(statement).rowcount != len(rows):
        raise StoreBusy("a dead letter was handled by somebody else at the same moment")
