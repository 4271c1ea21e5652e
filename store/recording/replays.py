"""Facts about messages that are published again."""

from collections.abc import Sequence

from store.engine.transaction import Transaction
from store.tables import replays
from store.traffic.publications import written_from
from writeoff import identity
from writeoff.facts import ReplayOrdered


def replays_ordered(tx: Transaction, facts: Sequence[ReplayOrdered]) -> None:
    """Note what is to be listed again; an order has one replay, however often it is tried."""
    tx.insert_new(
        replays,
        (
            "replay_id",
            "opco",
            "since",
            "destination",
            "without_opco",
            "actor",
            "ordered_at",
            "listed",
        ),
        [
            (
                identity.derive("replay", fact.cause.source, fact.cause.causation_id),
                fact.cause.opco,
                written_from(tx, fact.since, fact.destination),
                fact.destination,
                fact.without_opco,
                fact.cause.actor,
                fact.cause.at,
                0,
            )
            for fact in facts
        ],
        ("replay_id",),
    )
