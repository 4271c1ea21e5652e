"""Facts about what consumers took (R27)."""

from collections.abc import Sequence

from store.engine.transaction import Transaction
from store.tables import acknowledgements
from writeoff.facts import AcknowledgementRecorded

_COLUMNS = (
    "message_id",
    "opco",
    "consumer",
    "status",
    "reference",
    "reason",
    "acknowledged_at",
    "source",
    "acknowledgement_id",
)


def acknowledgements_recorded(tx: Transaction, facts: Sequence[AcknowledgementRecorded]) -> None:
    """Keep what each consumer said last of a message."""
    latest = {
        fact.message_id: (
            fact.message_id,
            fact.cause.opco,
            fact.consumer,
            fact.status,
            fact.reference,
            fact.reason,
            fact.acknowledged_at,
            fact.cause.source,
            fact.cause.causation_id,
        )
        for fact in facts
    }
    new = tx.insert_new(acknowledgements, _COLUMNS, list(latest.values()), ("message_id",))
    tx.update(
        acknowledgements,
        ("message_id",),
        _COLUMNS[1:],
        [latest[message_id] for message_id in sorted(latest) if (message_id,) not in new],
    )
