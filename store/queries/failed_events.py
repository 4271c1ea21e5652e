"""Events that failed and block their successors, a page at a time."""

from collections.abc import Sequence

from sqlalchemy import Integer, select, tuple_

from store.events import EventKey
from store.tables import events
from store.transaction import AnyRow, Transaction


def page(tx: Transaction, opco: str | None, after: EventKey | None, limit: int) -> Sequence[AnyRow]:
    """Return failed events in the order of their keys, from the one after `after`."""
    columns = (
        "process_id",
        "sequence",
        "opco",
        "account_id",
        "kind",
        "event_type",
        "attempts",
        "reason",
        "detail",
    )
    statement = select(*[events.c[name] for name in columns]).where(
        events.c.status == "failed", events.c.reason.is_not(None)
    )
    if opco is not None:
        statement = statement.where(events.c.opco == opco)
    if after is not None:
        key = tuple_(events.c.process_id, events.c.sequence)
        statement = statement.where(key > tuple_(*after, types=[events.c.process_id.type, Integer]))
    return tx.execute(statement.order_by(events.c.process_id, events.c.sequence).limit(limit)).all()
