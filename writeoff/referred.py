"""Active referred debt: what an agency is chosen by (R11), and what moves it (R26)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from writeoff.facts import Fact, ReferralChanged, ReferralClosed, ReferralPlaced

#: What each of these facts adds.
_ADDED: Mapping[type[Fact], Callable[[Any], int]] = {
    ReferralPlaced: lambda fact: fact.amount,
    ReferralChanged: lambda fact: fact.amount - fact.previous,
    ReferralClosed: lambda fact: -fact.previous,
}


def moved(facts: Iterable[Fact]) -> Iterator[tuple[str, str, int]]:
    """Yield opco, agency and what each fact adds to that agency's active referred debt, in minor units."""
    for fact in facts:
        if added := _ADDED.get(type(fact)):
            moving: Any = fact
            yield moving.cause.opco, moving.agency, added(moving)
