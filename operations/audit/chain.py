"""The chain of seals, link by link, with the rows that each link covers (R22)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

from operations.audit.findings import Finding
from operations.audit.rows import other_rows, wrong_rows
from operations.audit.totals import TotalsAudit
from store.engine.transaction import AnyRow, Transaction
from store.ledger import seals
from store.queries import sealed
from writeoff.accounting.seals import BEGINNING, Seal

#: Links read at a time, each with its journal, lines and message: about 10 MB.
PAGE = 2_000

#: What an operator kept elsewhere: position and seal of an opco.
Anchors = Mapping[str, tuple[int, str]]
Watch = Callable[[int, int], None]


class ChainAudit:
    """Walks the chain of one opco; `journals`, `lines`, `position` and `seal` tell how far it came."""

    def __init__(self, tx: Transaction, opco: str, anchor: tuple[int, str] | None, watch: Watch) -> None:
        self._tx = tx
        self.opco = opco
        self._anchor = anchor
        self._watch = watch
        self._totals = TotalsAudit(tx, opco)
        self.position = 0
        self.seal: bytes | None = None
        self.journals = 0
        self.lines = 0

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, in the order of the positions."""
        previous = BEGINNING
        while rows := sealed.page(self._tx, self.opco, self.position, PAGE):
            ids = [row.known_id for row in rows if row.known_id is not None]
            lines = sealed.lines_of(self._tx, ids)
            for row in rows:
                yield from self._wrong_link(row, previous)
                yield from self._wrong_journal(row, lines)
                if row.known_id is not None:
                    self._totals.add(row, lines[row.known_id])
                previous = self.seal = bytes(row.seal)
                self.position = row.position
            self.journals += len(ids)
            self.lines += sum(len(each) for each in lines.values())
            self._watch(self.journals, self.lines)
        yield from self._totals.findings(self.position)
        if self._anchor is not None and self.position < self._anchor[0]:
            yield self._of_seal(
                self._anchor[0], f"the chain ends at {self.position}: what came after it was taken away"
            )

    def _wrong_link(self, row: AnyRow, previous: bytes) -> Iterator[Finding]:
        if row.position != self.position + 1:
            yield self._of_seal(self.position + 1, "the seal is gone")
        elif bytes(row.previous) != previous:
            yield self._of_seal(row.position, "it does not follow the seal before it")
        link = Seal(
            opco=row.opco,
            position=row.position,
            journal_id=row.journal_id,
            digest=bytes(row.digest),
            previous=bytes(row.previous),
        )
        if link.seal != bytes(row.seal):
            yield self._of_seal(row.position, "it is not the seal of what stands beside it")
        elif row.message_id != seals.message_id(row.opco, row.journal_id):
            yield self._of_seal(row.position, f"message {row.message_id} is not that of its journal")
        kept = self._anchor[1] if self._anchor and self._anchor[0] == row.position else None
        if kept not in {None, bytes(row.seal).hex()}:
            yield self._of_seal(row.position, "it is not the seal that was kept elsewhere")

    def _wrong_journal(self, row: AnyRow, lines: Mapping[str, Sequence[AnyRow]]) -> Iterator[Finding]:
        told = row.body is not None and sha256(row.body.encode()).digest() == bytes(row.digest)
        if row.known_id is None:
            yield Finding(table="journals", opco=self.opco, row=row.journal_id, problem="the journal is gone")
        else:
            yield from wrong_rows(row, lines[row.known_id])
            if told:
                yield from other_rows(row, lines[row.known_id], row.body)
        if not told:
            problem = "the message is gone" if row.body is None else "its body is not what was sealed"
            yield Finding(table="messages_out", opco=self.opco, row=row.message_id, problem=problem)

    def _of_seal(self, position: int, problem: str) -> Finding:
        return Finding(table="seals", opco=self.opco, row=f"position {position}", problem=problem)
