"""The totals that reports are made of, against the journals that were walked through."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from operations.audit.findings import Finding
from store.engine.transaction import AnyRow, Transaction
from store.ledger import enforced, totals
from store.tables import ledger_totals
from writeoff.accounting.totals import Line, Posted, Sums, TotalKey
from writeoff.money import render


class TotalsAudit:
    """What the totals of an opco must be: `add` is told of each journal in the order of the seals."""

    def __init__(self, tx: Transaction, opco: str) -> None:
        self._tx = tx
        self._opco = opco
        self._position = totals.positions(tx).get(opco, 0)
        self._sums = Sums()

    def add(self, row: AnyRow, lines: Sequence[AnyRow]) -> None:
        """Count a sealed journal, if it is one that the totals hold."""
        if row.position > self._position:
            return
        values = {name: getattr(row, name) for name in Posted._fields}
        posted = Posted(**values | {"opco": row.journal_opco})
        self._sums.add_journal(posted, [Line(each.side, each.amount_minor, each.sources) for each in lines])

    def findings(self, reached: int) -> Iterator[Finding]:
        """Yield the totals that are not those of the journals; the chain reached that position."""
        if reached < self._position:
            yield self._of("up to", f"they reach position {self._position}, the chain {reached}")
        kept = totals.kept(self._tx, [ledger_totals.c.opco == self._opco]).found
        for key in sorted({*kept, *self._sums.found}):
            if kept.get(key) != self._sums.found.get(key):
                problem = (
                    f"the total is {_shown(kept, key)}, the journals come to {_shown(self._sums.found, key)}"
                )
                yield self._of(" ".join(filter(None, (key.month, key.figure, *key[3:]))), problem)

    def _of(self, row: str, problem: str) -> Finding:
        return Finding(table="ledger_totals", opco=self._opco, row=row, problem=problem)


def enforcement(tx: Transaction, names: Iterable[str]) -> Iterator[Finding]:
    """Yield the totals of what is enforced that are not those of the referrals (R28)."""
    for name in names:
        kept, counted = enforced.now(tx, name), enforced.counted(tx, name)
        for key in sorted({*kept, *counted}):
            (count, minor), (of, due) = kept.get(key, (0, 0)), counted.get(key, (0, 0))
            if (count, minor) != (of, due):
                problem = (
                    f"the total is {render(minor, key.currency)} of {count}, "
                    f"the referrals come to {render(due, key.currency)} of {of}"
                )
                row = f"{key.currency} {key.agency}"
                yield Finding(table="enforced_totals", opco=name, row=row, problem=problem)


def _shown(found: Mapping[TotalKey, tuple[int, int]], key: TotalKey) -> str:
    journals, minor = found.get(key, (0, 0))
    return f"{render(minor, key.currency)} of {journals}"
