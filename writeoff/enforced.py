"""Debt that is written off and still with an agency (R28, IFRS 7 35L): what facts add to it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from writeoff.facts import AccountWrittenOff, Fact, ReferralChanged, ReferralClosed, ReferralPlaced


class EnforcedKey(NamedTuple):
    """What a report of it is by."""

    opco: str
    currency: str
    agency: str


#: Active referrals and minor units; a change may be below zero.
Enforced = tuple[int, int]

#: What each of these facts adds, where the debt is written off by then.
_ADDED: Mapping[type[Fact], Callable[[Any], Enforced]] = {
    ReferralPlaced: lambda fact: (1, fact.amount),
    ReferralChanged: lambda fact: (0, fact.amount - fact.previous),
    ReferralClosed: lambda fact: (-1, -fact.previous),
}
#: Most facts of a set are others: they are passed over in one go.
_TELLING = frozenset({*_ADDED, AccountWrittenOff})


def enforced(facts: Iterable[Fact]) -> dict[EnforcedKey, Enforced]:
    """Return what facts, in their order, add in all; what comes to nothing is left out.

    A decision looks at its case as it was. So what it says of referrals after it has written their debt off
    counts too.
    """
    sums: dict[EnforcedKey, list[int]] = defaultdict(lambda: [0, 0])
    written_off: set[str | None] = set()
    telling: list[Any] = [fact for fact in facts if type(fact) in _TELLING]
    for fact in telling:
        process_id = fact.cause.process_id
        if isinstance(fact, AccountWrittenOff):
            written_off.add(process_id)
            for agency, minor in fact.referred:
                _add(sums, (fact.cause.opco, fact.currency, agency), (1, minor))
        elif fact.enforced or process_id in written_off:
            _add(sums, (fact.cause.opco, fact.currency, fact.agency), _ADDED[type(fact)](fact))
    return {EnforcedKey(*key): (count, minor) for key, (count, minor) in sums.items() if count or minor}


def _add(sums: dict[EnforcedKey, list[int]], key: tuple[str, str, str], added: Enforced) -> None:
    found = sums[EnforcedKey(*key)]
    found[0] += added[0]
    found[1] += added[1]
