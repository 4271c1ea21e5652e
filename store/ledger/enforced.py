"""What is written off and still with an agency (R28): totals, and what transactions have added since."""

from sqlalchemy import exists, func, select, union_all

from store.engine.transaction import Transaction
from store.tables import enforced_changes, enforced_totals, journals, referrals
from writeoff.accounting.totals import WRITE_OFFS
from writeoff.enforced import Enforced, EnforcedKey

_KEY = EnforcedKey._fields
_SUMS = ("referrals", "amount_minor")


def add_up(tx: Transaction, limit: int) -> int:
    """Add the oldest changes to the totals, under the scheduler's lease; return how many.

    Workers go on appending meanwhile: only rows that are committed are touched.
    """
    columns = [enforced_changes.c[name] for name in ("position", *_KEY, *_SUMS)]
    oldest = select(*columns).order_by(enforced_changes.c.position).limit(limit)
    changes = tx.tuples(oldest)
    if not changes:
        return 0
    if tx.deleted(enforced_changes, ("position",), [row[:1] for row in changes]) != len(changes):
        raise LookupError("what was to be added to the totals of enforcement is gone")
    known = select(*[enforced_totals.c[name] for name in (*_KEY, *_SUMS)])
    before: dict[tuple[str, ...], Enforced] = {row[:3]: (row[3], row[4]) for row in tx.tuples(known)}
    sums = dict(before)
    for _, opco, currency, agency, count, minor in changes:
        key = (opco, currency, agency)
        there = sums.get(key, (0, 0))
        sums[key] = (there[0] + count, there[1] + minor)
    changed = sorted({row[1:4] for row in changes})
    tx.update(enforced_totals, _KEY, _SUMS, [(*key, *sums[key]) for key in changed if key in before])
    tx.insert(enforced_totals, (*_KEY, *_SUMS), [(*key, *sums[key]) for key in changed if key not in before])
    return len(changes)


def now(tx: Transaction, opco: str | None) -> dict[EnforcedKey, Enforced]:
    """Return what is enforced now, in the order of the report: one statement, so that it is one moment."""
    parts = [
        select(*[table.c[name] for name in (*_KEY, *_SUMS)]) for table in (enforced_totals, enforced_changes)
    ]
    both = union_all(*parts).subquery("enforced")
    key = [both.c[name] for name in _KEY]
    statement = select(*key, *[func.sum(both.c[name]) for name in _SUMS]).group_by(*key).order_by(*key)
    if opco is not None:
        statement = statement.where(both.c.opco == opco)
    found = {EnforcedKey(*row[:3]): (int(row[3]), int(row[4])) for row in tx.execute(statement).all()}
    return {key: sums for key, sums in found.items() if any(sums)}


def counted(tx: Transaction, opco: str | None) -> dict[EnforcedKey, Enforced]:
    """Return the same, counted referral by referral: for the audit."""
    key = [referrals.c[name] for name in _KEY]
    statement = (
        select(*key, func.count(), func.sum(referrals.c.amount_minor))
        .where(
            referrals.c.active.is_(True),
            exists().where(journals.c.process_id == referrals.c.process_id, journals.c.kind.in_(WRITE_OFFS)),
        )
        .group_by(*key)
    )
    if opco is not None:
        statement = statement.where(referrals.c.opco == opco)
    return {EnforcedKey(*row[:3]): (row[3], int(row[4])) for row in tx.execute(statement).all()}
