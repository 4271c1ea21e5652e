"""A safeguard: what it keeps, how it is taken away, and the play in which the checker must notice."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from proving.checker.findings import Tally
from proving.safeguards.stage import Stage


class Safeguard(Struct, frozen=True, kw_only=True):
    """One safeguard of the product.

    `remove` replaces functions in the process that calls it. `play` puts the product, with or without the
    safeguard, into the trouble that it is there for. `caught_by` are the checks of which at least one must
    find something without it, and none may with it; None is all of them. `behind` names the safeguards that
    stand before this one: taken away alone, nothing may be found.
    """

    name: str
    keeps: str
    removed: str
    trouble: str
    remove: Callable[[], None]
    play: Callable[[Stage], None]
    caught_by: frozenset[str] | None
    behind: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """What the checker found in one play. `findings` are those of the checks that should have noticed.

    `expected` is whether they must find something.
    """

    safeguard: str
    removed: bool
    expected: bool
    findings: Sequence[str]
    others: Sequence[str]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it is as it must be: noticed where it was missing, nothing where it was not."""
        return bool(self.findings) == self.expected


def judged(safeguard: Safeguard, tallies: Sequence[Tally], *, removed: bool, seconds: float) -> Verdict:
    """Return the verdict of the checks."""
    findings = [str(finding) for tally in tallies for finding in tally.findings]
    by = safeguard.caught_by
    mine = [each for each in findings if by is None or each.split(":", 1)[0] in by]
    return Verdict(
        safeguard=safeguard.name,
        removed=removed,
        expected=removed and safeguard.behind is None,
        findings=mine,
        others=[each for each in findings if each not in mine],
        seconds=seconds,
    )
