"""The consumers, one file each. A fifth consumer is a fifth file and its destination in `messages`."""

import sys
from collections.abc import Iterable
from functools import cache

from handlers.kinds.discovery import modules
from handlers.kinds.projection import Addressed, Consumer, Projection
from writeoff.facts import Fact


@cache
def consumers() -> tuple[Consumer, ...]:
    """Return every consumer; refuses two of one name."""
    found: dict[str, Consumer] = {}
    for module in modules(sys.modules[__name__]):
        consumer: Consumer = module.CONSUMER
        if consumer.name in found:
            raise ValueError(f"consumer {consumer.name} is declared twice")
        found[consumer.name] = consumer
    return tuple(found.values())


@cache
def _projections(fact: type[Fact]) -> tuple[Projection, ...]:
    return tuple(
        projection
        for consumer in consumers()
        for kind, projection in consumer.projections.items()
        if kind is fact
    )


def project(facts: Iterable[Fact]) -> list[Addressed]:
    """Return what all consumers are told of these facts, in the order of the facts."""
    return [
        message for fact in facts for projection in _projections(type(fact)) for message in projection(fact)
    ]
