"""What facts add to the agencies' active debt: written last, so that rows that all share are held shortly."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import update

from store.engine.transaction import Transaction
from store.tables import agency_debt
from writeoff.facts import Fact
from writeoff.referred import moved


def add_to_agencies(tx: Transaction, facts: Iterable[Fact]) -> None:
    """Add to the active referred debt of each agency (minor units), one row each, in key order."""
    sums: Counter[tuple[str, str]] = Counter()
    for opco, agency, amount in moved(facts):
        sums[opco, agency] += amount
    for key, amount in sorted(sums.items()):
        if not _add(tx, key, amount):
            tx.insert_new(agency_debt, ("opco", "agency", "active_minor"), [(*key, 0)], ("opco", "agency"))
            _add(tx, key, amount)


def _add(tx: Transaction, key: tuple[str, str], amount: int) -> bool:
    opco, agency = key
    changed = tx.execute(
        update(agency_debt)
        .where(agency_debt.c.opco == opco, agency_debt.c.agency == agency)
        .values(active_minor=agency_debt.c.active_minor + amount)
    )
    return changed.rowcount == 1
