"""Events to run: what is due, the fence of a set that is running, what a dead worker left behind."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import and_, bindparam, delete, exists, func, select, update

from store.engine.errors import LeaseLost
from store.engine.locking import AccountKey
from store.engine.lookup import Lookup
from store.engine.transaction import Transaction
from store.tables import events, paused_kinds, paused_requests, running
from store.work import request_pauses
from writeoff.value import Value

#: process id, sequence
EventKey = tuple[str, int]


class DueEvent(Value, frozen=True, kw_only=True):
    """An event that may run now, and the request it belongs to."""

    process_id: str
    sequence: int
    opco: str
    request_id: str
    attempts: int

    @property
    def key(self) -> EventKey:
        """(process id, sequence)."""
        return self.process_id, self.sequence


def due(
    tx: Transaction,
    kind: str,
    today: Mapping[str, date],
    limit: int,
    besides: Collection[tuple[str, str]] = (),
) -> list[DueEvent]:
    """Return pending events of a kind whose day has come, oldest due date first, by opco.

    At most `limit` an opco; none of the requests (opco, id) in `besides`, nor of those that are paused.
    """
    found: list[DueEvent] = []
    stopped = request_pauses.paused(tx)
    for opco, day in sorted(today.items()):
        statement = (
            select(
                events.c.process_id,
                events.c.sequence,
                events.c.opco,
                events.c.request_id,
                events.c.attempts,
            )
            .where(events.c.opco == opco, events.c.kind == kind, events.c.due_on <= day)
            .order_by(events.c.due_on, events.c.process_id)
            .limit(limit)
        )
        if left_out := sorted({request_id for of, request_id in (*besides, *stopped) if of == opco}):
            statement = statement.where(events.c.request_id.not_in(left_out))
        found += [
            DueEvent(process_id=row[0], sequence=row[1], opco=row[2], request_id=row[3], attempts=row[4])
            for row in tx.execute(statement).all()
        ]
    return found


#: Whether they are due is looked at here: asked for it, PostgreSQL would walk the index of all that are due,
#: and compare each with each given event.
_ACCOUNTS = Lookup(
    [events.c.process_id, events.c.sequence],
    lambda wanted: (
        select(
            *(events.c.process_id, events.c.sequence, events.c.opco, events.c.account_id),
            events.c.due_on,
            exists()
            .where(
                paused_requests.c.opco == events.c.opco, paused_requests.c.request_id == events.c.request_id
            )
            .label("paused"),
        )
        .join(
            wanted, and_(events.c.process_id == wanted.c.process_id, events.c.sequence == wanted.c.sequence)
        )
        .where(events.c.status == "pending")
    ),
)


def accounts_of(tx: Transaction, keys: Sequence[EventKey]) -> list[tuple[EventKey, AccountKey]]:
    """Return the accounts of events that are still pending, of no paused request, before any lock."""
    return [
        ((process_id, sequence), (opco, account_id))
        for process_id, sequence, opco, account_id, due_on, paused in _ACCOUNTS.tuples(tx, sorted(set(keys)))
        if due_on is not None and not paused
    ]


_PAUSED = select(paused_kinds.c.kind)


def foresee_paused(tx: Transaction) -> None:
    """Have `paused` answered together with what is asked first."""
    tx.foresee(_PAUSED)


def paused(tx: Transaction) -> set[str]:
    """Return the kinds that operations have paused."""
    return {kind for (kind,) in tx.ask(_PAUSED)}


def start_running(tx: Transaction, token: str, kind: str, keys: Iterable[EventKey], worker: str) -> None:
    """Write the fence: committed before the set runs, deleted by the set's own transaction."""
    tx.insert(
        running,
        ("token", "kind", "event_ids", "worker", "started_at"),
        [(token, kind, json.dumps(list(keys)), worker, tx.now)],
    )


_FINISHED = delete(running).where(running.c.token == bindparam("ours"))


def finish_running(tx: Transaction, token: str) -> None:
    """Delete exactly our fence; raise `LeaseLost` if somebody took it for dead."""
    if tx.tell(_FINISHED, {"ours": token}) != 1:
        raise LeaseLost("the set was taken for dead; what it did is rolled back")


class Abandoned(Value, frozen=True, kw_only=True):
    """A set whose worker did not come back."""

    token: str
    kind: str
    keys: tuple[EventKey, ...]
    worker: str


def abandoned(tx: Transaction, lease_seconds: float) -> list[Abandoned]:
    """Take the fences that are older than the lease, and count one attempt on each of their events."""
    statement = select(running).where(running.c.started_at < tx.now - timedelta(seconds=lease_seconds))
    if tx.postgresql:
        statement = statement.with_for_update(skip_locked=True)
    found = [
        Abandoned(
            token=row.token,
            kind=row.kind,
            keys=tuple(
                (str(process_id), int(sequence)) for process_id, sequence in json.loads(row.event_ids)
            ),
            worker=row.worker,
        )
        for row in tx.execute(statement).all()
    ]
    for each in found:
        tx.execute(delete(running).where(running.c.token == each.token))
        count_attempt(tx, each.keys)
    return found


def count_attempt(tx: Transaction, keys: Sequence[EventKey]) -> None:
    """Add one attempt to events that did not get through."""
    if not keys:
        return
    rows = tx.rows("tried", [events.c.process_id, events.c.sequence], sorted(set(keys)))
    tx.execute(
        update(events)
        .where(events.c.process_id == rows.c.process_id, events.c.sequence == rows.c.sequence)
        .values(attempts=events.c.attempts + 1)
    )


def attempts(tx: Transaction, keys: Sequence[EventKey]) -> dict[EventKey, int]:
    """Return how often pending events did not get through."""
    if not keys:
        return {}
    rows = tx.rows("wanted", [events.c.process_id, events.c.sequence], sorted(set(keys)))
    statement = (
        select(events.c.process_id, events.c.sequence, events.c.attempts)
        .join(rows, and_(events.c.process_id == rows.c.process_id, events.c.sequence == rows.c.sequence))
        .where(events.c.status == "pending")
    )
    return {(row[0], row[1]): row[2] for row in tx.execute(statement).all()}


def due_by_kind(tx: Transaction, today: dict[str, date]) -> dict[str, int]:
    """Count what is due, by kind; what is due of paused requests does not count."""
    counts: dict[str, int] = {}
    stopped = request_pauses.paused(tx)
    for opco, day in today.items():
        statement = (
            select(events.c.kind, func.count())
            .where(events.c.opco == opco, events.c.due_on <= day)
            .group_by(events.c.kind)
        )
        if left_out := sorted(request_id for of, request_id in stopped if of == opco):
            statement = statement.where(events.c.request_id.not_in(left_out))
        for kind, count in tx.execute(statement).all():
            counts[kind] = counts.get(kind, 0) + count
    return counts
