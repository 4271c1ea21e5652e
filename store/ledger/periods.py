"""Closed periods: read under the lock of the opco's row by those who post, and by those who close (R22)."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import FromClause, select

from store.engine.lookup import Lookup, Query
from store.engine.transaction import Transaction
from store.tables import opcos, periods
from writeoff.accounting.posting import Periods


def _rows(wanted: FromClause) -> Query:
    return select(opcos.c.opco).join(wanted, opcos.c.opco == wanted.c.opco).order_by(opcos.c.opco)


#: A key-share lock, so that a new policy or business date (an update of the row) waits for no set.
_SHARED = Lookup(
    [opcos.c.opco], lambda wanted: _rows(wanted).with_for_update(read=True, key_share=True, of=opcos)
)
_ALONE = Lookup([opcos.c.opco], lambda wanted: _rows(wanted).with_for_update(of=opcos))
_PERIODS = Lookup(
    [periods.c.opco],
    lambda wanted: select(periods.c.opco, periods.c.period, periods.c.opened_at.is_(None)).join(
        wanted, periods.c.opco == wanted.c.opco
    ),
)


def held_as_they_are(tx: Transaction, names: Iterable[str]) -> dict[str, Periods]:
    """Return the opcos' periods, none of which is closed before the commit of this transaction.

    Those who post do not wait for one another; the last lock that a transaction takes.
    """
    return _locked(tx, names, exclusively=False)


def held_to_change(tx: Transaction, names: Iterable[str]) -> dict[str, Periods]:
    """Return the opcos' periods when nobody is posting there; nobody will before the commit."""
    return _locked(tx, names, exclusively=True)


def _locked(tx: Transaction, names: Iterable[str], *, exclusively: bool) -> dict[str, Periods]:
    wanted = sorted(set(names))
    if not wanted:
        return {}
    if tx.postgresql:
        (_ALONE if exclusively else _SHARED).say(tx, [(name,) for name in wanted])
    # A second statement: it sees what was closed while the first one waited.
    return of(tx, wanted)


def of(tx: Transaction, names: Iterable[str]) -> dict[str, Periods]:
    """Return the opcos' periods as they are at this moment."""
    wanted = sorted(set(names))
    first: dict[str, str] = {}
    closed: dict[str, set[str]] = defaultdict(set)
    for opco, period, is_closed in _PERIODS.tuples(tx, [(name,) for name in wanted]):
        first[opco] = min(period, first.get(opco, period))
        if is_closed:
            closed[opco].add(period)
    return {opco: Periods(first=first.get(opco), closed=frozenset(closed[opco])) for opco in wanted}
