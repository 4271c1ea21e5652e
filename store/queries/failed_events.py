"""Events that failed and block their successors, a page at a time."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, select, tuple_

from store.engine.transaction import AnyRow, Transaction
from store.tables import events
from store.work.events import EventKey
from writeoff.value import Value


class Filter(Value, frozen=True, kw_only=True):
    """Which failed events: each condition that is given. `failure` is the code of why it failed."""

    opco: str | None = None
    kind: str | None = None
    event_type: str | None = None
    failure: str | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions as SQL."""
        given = {
            "opco": self.opco,
            "kind": self.kind,
            "event_type": self.event_type,
            "reason": self.failure,
        }
        return [events.c[name] == value for name, value in given.items() if value is not None]


def page(
    tx: Transaction, which: Filter, after: EventKey | None = None, limit: int | None = None
) -> Sequence[AnyRow]:
    """Return failed events in the order of their keys, from the one after `after`; all without a limit."""
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
        events.c.status == "failed", events.c.detail.is_not(None), *which.conditions
    )
    if after is not None:
        key = tuple_(events.c.process_id, events.c.sequence)
        statement = statement.where(key > tuple_(*after, types=[events.c.process_id.type, Integer]))
    return tx.execute(statement.order_by(events.c.process_id, events.c.sequence).limit(limit)).all()
