"""What facts add to the agencies' active debt: written last, so that rows that all share are held shortly."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import update

from store.engine.transaction import Transaction
from store.tables import agency_debt, enforced_changes
from writeoff.enforced import EnforcedKey, enforced
from writeoff.facts import Fact
from writeoff.referred import moved


def add_to_agencies(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Add to the active referred debt of each agency (minor units), one row each, in key order.

    What is enforced after a write-off changes by rows of its own (R28): nobody waits for another's.
    """
    changes = enforced(facts)
    tx.insert(
        enforced_changes,
        (*EnforcedKey._fields, "referrals", "amount_minor"),
        [(*key, *changes[key]) for key in sorted(changes)],
    )
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
