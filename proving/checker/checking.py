"""All checks, in the order in which a reader wants to know."""

from proving.checker import deliveries, effects, fates, money, residue
from proving.checker.evidence import Evidence
from proving.checker.findings import Check, Tally

CHECKS: tuple[Check, ...] = (fates.checks, effects.checks, money.checks, deliveries.checks, residue.checks)


def check(evidence: Evidence) -> list[Tally]:
    """Return what each check found."""
    return [tally for look in CHECKS for tally in look(evidence)]
