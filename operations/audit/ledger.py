"""The whole audit: every chain, what no chain covers, and conservation."""

from collections.abc import Iterator
from itertools import islice

from operations.audit.chain import Anchors, ChainAudit, Watch
from operations.audit.findings import Audit, Chain, Finding
from operations.audit.rows import wrong_rows
from operations.audit.totals import enforcement
from operations.views.reconciliation import conservation
from store.engine.transaction import AnyRow, Transaction
from store.ledger import seals
from store.queries import sealed

#: Of which table the rows are that an equation names.
TABLES = {
    "balance": "journals",
    "conservation": "processes",
    "holdings": "write_off_agreements",
    "movements": "journals",
    "tax relief": "buckets",
}
#: Journals that wait for their seal, read at a time.
PAGE = 2_000


def audit_view(tx: Transaction, opco: str | None, anchors: Anchors, limit: int, watch: Watch) -> Audit:
    """Audit the ledger of one opco, or of all; `limit` findings at most, the first wrong row first.

    `watch` is told after each page how many journals and lines have been looked at.
    """
    names = [name for name in sorted({*sealed.opcos(tx), *anchors}) if opco in {None, name}]
    walks = [ChainAudit(tx, name, anchors.get(name), watch) for name in names]
    waiting = seals.unsealed_count(tx)
    found = list(islice(_findings(tx, walks, names, limit + 1), limit + 1))
    return Audit(
        chains=[
            Chain(
                opco=walk.opco,
                position=walk.position,
                seal=walk.seal.hex() if walk.seal else None,
                waiting=waiting.get(walk.opco, 0),
            )
            for walk in walks
        ],
        journals=sum(walk.journals for walk in walks),
        lines=sum(walk.lines for walk in walks),
        findings=found[:limit],
        more=len(found) > limit,
    )


def _findings(tx: Transaction, walks: list[ChainAudit], names: list[str], limit: int) -> Iterator[Finding]:
    for walk in walks:
        yield from walk.findings()
    yield from enforcement(tx, names)
    yield from _not_sealed(tx, names, limit)
    yield from _not_conserved(tx, names, limit)


def _not_conserved(tx: Transaction, names: list[str], limit: int) -> Iterator[Finding]:
    for equation in conservation(tx, names, limit):
        for group in equation.groups:
            for each in group.differences:
                problem = f"differs by {each.difference} {group.currency}. {equation.sentence}"
                yield Finding(table=TABLES[equation.name], opco=group.opco, row=each.id, problem=problem)


def _not_sealed(tx: Transaction, names: list[str], limit: int) -> Iterator[Finding]:
    for row in sealed.never_sealed(tx, names, limit):
        yield _journal(row, "the journal has no seal and waits for none")
    for row in sealed.waiting_for_nothing(tx, names, limit):
        yield _journal(row, "the journal is gone; it was not sealed yet")
    for row in sealed.lines_of_nothing(tx, names, limit):
        where = f"{row.journal_id} line {row.line}"
        yield Finding(table="journal_lines", opco=row.opco, row=where, problem="its journal is gone")
    yield from _wrong_unsealed(tx, names)
    for name in names:
        for message_id in sealed.messages_without_seal(tx, name, limit):
            problem = "it told the general ledger of a journal that is not there"
            yield Finding(table="messages_out", opco=name, row=message_id, problem=problem)


def _wrong_unsealed(tx: Transaction, names: list[str]) -> Iterator[Finding]:
    after: str | None = None
    while rows := sealed.unsealed_journals(tx, names, after, PAGE):
        after = rows[-1].known_id
        lines = sealed.lines_of(tx, [row.known_id for row in rows])
        for row in rows:
            yield from wrong_rows(row, lines[row.known_id])


def _journal(row: AnyRow, problem: str) -> Finding:
    return Finding(table="journals", opco=row.opco, row=row.journal_id, problem=problem)
