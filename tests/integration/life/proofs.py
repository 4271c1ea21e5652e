"""What operations would find at the end of a story: audit, reconciliation, every figure computed again."""

from collections.abc import Iterator

from operations.audit.ledger import audit_view
from operations.explain.figures import recomputed
from operations.views.reconciliation import reconciliation_view
from store.tables import journals
from tests.support.world import World

#: Findings that are shown: one is enough to go on.
SHOWN = 10


def findings(world: World) -> Iterator[str]:
    """Say what an auditor would find."""
    with world.database.read() as tx:
        for each in audit_view(tx, None, {}, SHOWN, lambda _journals, _lines: None).findings:
            yield f"audit: {each.table} {each.row}: {each.problem}"
        for equation in reconciliation_view(tx, None, None, SHOWN).equations:
            # A consumer that rejects a message is a difference, and here they do (R27).
            if not equation.holds and equation.name != "acknowledged":
                yield f"reconciliation: {equation.name}, {equation.sentence}: {equation.groups}"
        for journal in tx.execute(journals.select()).all():
            again = recomputed(tx, journal)
            if not again.same:
                yield f"{journal.kind} {journal.journal_id} computed again: {again.differences}"
