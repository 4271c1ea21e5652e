"""What facts add to the agencies' active debt: written last, so that rows that all share are held shortly."""

from collections import Counter
from collections.abc import Sequence

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
    columns = ("opco", "agency", "active_minor")
    tx.insert_missing(agency_debt, columns, [(*key, 0) for key in sums], columns[:2])
    for key in sorted(sums):  # one by one: of several in one statement PostgreSQL chooses the order
        tx.add(agency_debt, columns[:2], columns[2], [(*key, sums[key])])
