"""Dead letters that an operator is about to handle, with what they came as."""

from collections.abc import Iterable

from sqlalchemy import select

from store.engine.transaction import AnyRow, Transaction
from store.tables import dead_letters
from store.traffic.inbox import Received
from writeoff.dead_letter import Became, DeadLetter
from writeoff.value import Value

_COLUMNS = (
    "dead_letter_id",
    "queue",
    "sha256",
    "body",
    "size",
    "content_type",
    "headers",
    "properties",
    "state",
    "revision",
    "acted_by",
    "acted_at",
    "acted_count",
    "count",
    "became_source",
    "became_id",
)


class Kept(Value, frozen=True, kw_only=True):
    """A dead letter: its state, and the delivery that it was; `gone` when its bytes are no longer kept."""

    letter: DeadLetter
    received: Received
    gone: bool


def kept(tx: Transaction, dead_letter_ids: Iterable[str]) -> dict[str, Kept]:
    """Return those dead letters that there are. Nothing is locked: who writes compares the revision."""
    wanted = sorted(set(dead_letter_ids))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [dead_letters.c.dead_letter_id], [(each,) for each in wanted])
    statement = select(*[dead_letters.c[name] for name in _COLUMNS]).join(
        rows, dead_letters.c.dead_letter_id == rows.c.dead_letter_id
    )
    return {row.dead_letter_id: _kept(row) for row in tx.execute(statement).all()}


def _kept(row: AnyRow) -> Kept:
    became = row.became_id and Became(source=row.became_source, message_id=row.became_id)
    return Kept(
        letter=DeadLetter(
            dead_letter_id=row.dead_letter_id,
            state=row.state,
            revision=row.revision,
            acted_by=row.acted_by,
            acted_at=row.acted_at,
            since=row.count - row.acted_count if row.state != "open" else 0,
            became=became or None,
        ),
        received=Received(
            queue=row.queue,
            body=row.body,
            sha256=row.sha256,
            content_type=row.content_type or "",
            headers=row.headers,
            properties=row.properties,
        ),
        gone=len(row.body) < row.size,
    )
