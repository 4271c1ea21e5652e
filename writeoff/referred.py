"""Active referred debt: what an agency is chosen by (R11), and what moves it (R26)."""

from collections.abc import Iterable, Iterator

from writeoff.facts import Fact, ReferralChanged, ReferralClosed, ReferralPlaced


def moved(facts: Iterable[Fact]) -> Iterator[tuple[str, str, int]]:
    """Yield opco, agency and what each fact adds to that agency's active referred debt, in minor units."""
    for fact in facts:
        match fact:
            case ReferralPlaced(cause=cause, agency=agency, amount=amount):
                yield cause.opco, agency, amount
            case ReferralChanged(cause=cause, agency=agency, amount=amount, previous=previous):
                yield cause.opco, agency, amount - previous
            case ReferralClosed(cause=cause, agency=agency, previous=previous):
                yield cause.opco, agency, -previous
            case _:
                pass
