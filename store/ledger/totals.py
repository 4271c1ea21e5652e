"""Adding sealed journals to the totals of their months, a set at a time: no worker ever waits for it.

Totals and how far they reach change in one transaction. So what they hold, and what they do not hold yet, is
the whole ledger at any moment: reports add the two.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, select

from store.engine import leases
from store.engine.leases import Lease
from store.engine.transaction import Transaction
from store.ledger import enforced, seals
from store.tables import journal_lines, journals, ledger_totals, opcos, totalled, unsealed
from store.tables import seals as links
from writeoff.accounting.totals import WITH_LINES, WRITE_OFFS, Line, Posted, Sums, TotalKey

#: Journals read at a time, each with what it was decided on: a few megabytes.
PAGE = 2_000
_KEY = TotalKey._fields
_BASIS = case((journals.c.kind.in_(WRITE_OFFS), journals.c.basis))
_POSTED = [*(journals.c[name] for name in Posted._fields if name != "basis"), _BASIS.label("basis")]
_LINE = [journal_lines.c[name] for name in Line._fields]


def add_up(tx: Transaction, lease: Lease, limit: int) -> int:
    """Add at most `limit` sealed journals of an opco, if the lease is ours; return how many seals.

    Changes of what is enforced are added too, as many; where no seal is left, of those is returned how many.
    """
    if not leases.take_as(tx, lease):
        return 0
    changes = enforced.add_up(tx, limit)
    reached = positions(tx)
    for opco, (last, _) in seals.heads(tx, _names(tx)).items():
        first = reached.get(opco, 0)
        if last > first:
            return _add(tx, opco, first, min(last, first + limit))
    return changes


def positions(tx: Transaction) -> dict[str, int]:
    """Return up to which position of each chain its journals are in the totals."""
    return {row.opco: row.position for row in tx.execute(select(totalled)).all()}


def kept(tx: Transaction, conditions: Iterable[ColumnElement[bool]] = ()) -> Sums:
    """Return the totals that are kept, all or those that meet conditions on `ledger_totals`."""
    return _sums_of(tx, select(ledger_totals).where(*conditions))


def add_pending(tx: Transaction, sums: Sums, opco: str | None, wanted: Sequence[ColumnElement[bool]]) -> None:
    """Add the journals that are not in the totals yet: unsealed ones, and those sealed since.

    `wanted` are conditions on `journals`. The transaction must see one moment.
    """
    reached = positions(tx)
    for name, (last, _) in seals.heads(tx, _names(tx, opco)).items():
        for first in range(reached.get(name, 0), last, PAGE):
            _count(tx, sums, _sealed(tx, name, first, min(first + PAGE, last)), wanted)
    after: str | None = None
    while ids := _unsealed(tx, opco, after):
        _count(tx, sums, ids, wanted)
        after = ids[-1]


def read(
    tx: Transaction, ids: Sequence[str], wanted: Sequence[ColumnElement[bool]] = ()
) -> Iterator[tuple[Posted, list[Line]]]:
    """Yield those of the journals that are there, each with its lines where they count."""
    given = tx.rows("wanted", [journals.c.journal_id], [(each,) for each in ids])
    mine = select(*_POSTED).join(given, given.c.journal_id == journals.c.journal_id).where(*wanted)
    found = [Posted(*row) for row in tx.tuples(mine)]
    with_lines = sorted(each.journal_id for each in found if each.kind in WITH_LINES)
    given = tx.rows("wanted", [journal_lines.c.journal_id], [(each,) for each in with_lines])
    theirs = (
        select(journal_lines.c.journal_id, *_LINE)
        .join(given, given.c.journal_id == journal_lines.c.journal_id)
        .order_by(journal_lines.c.journal_id, journal_lines.c.line)
    )
    rows = tx.tuples(theirs) if with_lines else []
    lines = {
        journal_id: [Line(*row[1:]) for row in group]
        for journal_id, group in groupby(rows, key=lambda row: row[0])
    }
    for each in found:
        yield each, lines.get(each.journal_id, [])


def _add(tx: Transaction, opco: str, first: int, last: int) -> int:
    sums = Sums()
    _count(tx, sums, _sealed(tx, opco, first, last), ())
    new = sorted(sums.found)
    given = tx.rows("wanted", [ledger_totals.c[name] for name in _KEY], new)
    mine = and_(*(given.c[name] == ledger_totals.c[name] for name in _KEY))
    before = _sums_of(tx, select(ledger_totals).join(given, mine)).found if new else {}
    for key, (count, minor) in before.items():
        sums.add(key, count, minor)
    names = (*_KEY, "journals", "amount_minor")
    rows = {key: (*key, *sums.found[key]) for key in new}
    tx.update(ledger_totals, _KEY, names[len(_KEY) :], [rows[key] for key in new if key in before])
    tx.insert(ledger_totals, names, [rows[key] for key in new if key not in before])
    if not tx.updated(totalled, ("opco",), ("position",), [(opco, last)]):
        tx.insert(totalled, ("opco", "position"), [(opco, last)])
    return last - first


def _count(
    tx: Transaction, sums: Sums, ids: Sequence[str], wanted: Sequence[ColumnElement[bool]] = ()
) -> None:
    for journal, lines in read(tx, ids, wanted):
        sums.add_journal(journal, lines)


def _sums_of(tx: Transaction, statement: Select[Any]) -> Sums:
    sums = Sums()
    for row in tx.execute(statement).all():
        sums.add(TotalKey(*(getattr(row, name) for name in _KEY)), row.journals, row.amount_minor)
    return sums


def _names(tx: Transaction, opco: str | None = None) -> list[str]:
    return [name for name in tx.execute(select(opcos.c.opco)).scalars() if opco in {None, name}]


def _sealed(tx: Transaction, opco: str, first: int, last: int) -> Sequence[str]:
    """Return the journals sealed behind a position of a chain, up to another."""
    mine = select(links.c.journal_id).where(
        links.c.opco == opco, links.c.position > first, links.c.position <= last
    )
    return tx.execute(mine.order_by(links.c.position)).scalars().all()


def _unsealed(tx: Transaction, opco: str | None, after: str | None) -> Sequence[str]:
    """Return a page of the journals that wait for their seal."""
    mine = select(unsealed.c.journal_id).order_by(unsealed.c.journal_id).limit(PAGE)
    if opco is not None:
        mine = mine.where(unsealed.c.opco == opco)
    if after is not None:
        mine = mine.where(unsealed.c.journal_id > after)
    return tx.execute(mine).scalars().all()
