"""What a relay does with the outbox: leases destinations, reads what waits, takes off what is confirmed.

The list grows and shrinks faster than PostgreSQL counts it. So no statement here leaves it a choice by how
long it thinks the list is.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter

from sqlalchemy import ColumnElement, Interval, bindparam, func, literal_column, or_, select, text, update
from sqlalchemy.sql import Executable

from store.engine.given import GivenRows, array_literal
from store.engine.transaction import Transaction
from store.tables import destinations, messages_out, outbox
from store.tables.types import Key, Timestamp
from writeoff.value import Value


class PendingMessage(Value, frozen=True, kw_only=True):
    """A message that the broker has not confirmed."""

    position: int
    message_id: str
    type: str
    body: bytes
    correlation_id: str | None
    created_at: datetime


def _leasing(now: ColumnElement[datetime], until: ColumnElement[datetime]) -> Executable:
    # The offset has it asked for each destination: joined, all of the list would be read.
    listed = select(outbox.c.position).where(outbox.c.destination == destinations.c.destination)
    waits = listed.offset(literal_column("0")).exists()
    free = (
        select(destinations.c.destination)
        .where(
            or_(
                destinations.c.leased_until.is_(None),
                destinations.c.leased_until < now,
                destinations.c.token == bindparam("ours"),
            ),
            or_(destinations.c.retry_at.is_(None), destinations.c.retry_at <= now),
            waits,
        )
        .with_for_update(skip_locked=True)
    )
    return (
        update(destinations)
        .where(destinations.c.destination.in_(free))
        .values(token=bindparam("ours"), leased_until=until)
        .returning(destinations.c.destination)
    )


_LEASED = _leasing(bindparam("now", type_=Timestamp), bindparam("until", type_=Timestamp))
#: PostgreSQL knows the moment itself.
_NOW: ColumnElement[datetime] = func.transaction_timestamp()
_LEASED_BY_ITS_CLOCK = _leasing(_NOW, _NOW + bindparam("lease", type_=Interval))


def lease(tx: Transaction, token: str, lease_seconds: float) -> list[str]:
    """Take, for so long, the destinations that have something to publish, no back-off, and no live lease.

    A lease of `token` is no obstacle: it is left where the database went away before it could be given back.
    """
    lease = timedelta(seconds=lease_seconds)
    if tx.postgresql:
        leased = tx.ask(_LEASED_BY_ITS_CLOCK, {"ours": token, "lease": lease})
    else:
        leased = tx.ask(_LEASED, {"ours": token, "now": tx.now, "until": tx.now + lease})
    return sorted(name for (name,) in leased)


_WALK = text("SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)")


def walk_the_list(tx: Transaction) -> None:
    """Have `pending` read so many rows as it returns, however long the list is: for this transaction.

    The list grows and shrinks faster than its statistics, and what PostgreSQL thinks of it is often wrong.
    """
    if tx.postgresql:
        tx.say(_WALK)


_DESTINATION: ColumnElement[str] = bindparam("destination", type_=Key)
#: From a destination to the same one: PostgreSQL, told that it is one, could as well read the whole list by
#: its positions and pass over what is for others, for as long as one of them takes nothing.
_HEAD = (
    select(outbox.c.position, outbox.c.message_id, outbox.c.created_on)
    .where(outbox.c.destination >= _DESTINATION, outbox.c.destination <= _DESTINATION)
    .order_by(outbox.c.destination, outbox.c.position)
    .limit(bindparam("most"))
    .subquery("head")
)
_PENDING = select(
    _HEAD.c.position,
    _HEAD.c.message_id,
    *(messages_out.c[name] for name in ("type", "body", "correlation_id", "created_at")),
).join(
    messages_out,
    (messages_out.c.created_on == _HEAD.c.created_on) & (messages_out.c.message_id == _HEAD.c.message_id),
)


def pending(tx: Transaction, names: Collection[str], limit: int) -> dict[str, list[PendingMessage]]:
    """Return unconfirmed messages by destination, of each the first ones in the order they were written."""
    for name in names:
        tx.foresee(_PENDING, {"destination": name, "most": limit})
    return {name: _pending(tx, name, limit) for name in names}


def _pending(tx: Transaction, destination: str, limit: int) -> list[PendingMessage]:
    found = tx.ask(_PENDING, {"destination": destination, "most": limit})
    rows = sorted(found, key=itemgetter(0))
    return [
        PendingMessage(
            position=position,
            message_id=message_id,
            type=kind,
            body=body.encode(),
            correlation_id=correlation_id,
            created_at=created_at,
        )
        for position, message_id, kind, body, correlation_id, created_at in rows
    ]


_UNTROUBLED: dict[str, object] = {"failures": 0, "last_error": None, "retry_at": None}
_FREED: dict[str, object] = {"token": None, "leased_until": None}


@cache
def _settling(on_postgresql: bool, release: bool) -> tuple[GivenRows, Executable]:  # noqa: FBT001 - keys of the cache
    """Return the statement that ends the trouble of given destinations where our lease holds."""
    given = GivenRows("settled", [destinations.c.destination], postgresql=on_postgresql)
    ours = update(destinations).where(
        destinations.c.destination.in_(select(given.source.c.destination)),
        destinations.c.token == bindparam("ours"),
    )
    changed = _UNTROUBLED | _FREED if release else _UNTROUBLED
    return given, ours.values(changed).returning(destinations.c.destination)


_RELEASED = (
    update(destinations)
    .where(
        destinations.c.destination.in_(bindparam("names", expanding=True)),
        destinations.c.token == bindparam("ours"),
    )
    .values(_FREED)
)


#: Each row is looked up by the whole of an index, and then taken away by its place. A condition on the
#: position would do: but where all of the list had gone when PostgreSQL last counted it, it keeps a plan that
#: walks an index once for each position. Then a list of a hundred thousand stood still for minutes.
_TAKEN_OFF = text(
    "DELETE FROM outbox WHERE ctid = ANY (ARRAY ("
    " SELECT each.ctid"
    " FROM unnest(CAST(:destinations AS TEXT[]), CAST(:positions AS BIGINT[]))"
    " AS gone (destination, position)"
    " CROSS JOIN LATERAL ("
    " SELECT outbox.ctid FROM outbox"
    " WHERE outbox.destination = gone.destination AND outbox.position = gone.position OFFSET 0"
    ") AS each))"
)


def _take_off(tx: Transaction, gone: Sequence[tuple[str, int]]) -> None:
    """Delete rows by destination and position: they are never changed, so each stays in its place."""
    if tx.postgresql:
        names, positions = zip(*gone, strict=True)
        given = {
            "destinations": array_literal(outbox.c.destination, names),
            "positions": array_literal(outbox.c.position, positions),
        }
        tx.say(_TAKEN_OFF, given)
    else:
        tx.delete(outbox, ("position",), [(position,) for _, position in gone])


def confirmed(
    tx: Transaction, token: str, positions: Mapping[str, Sequence[int]], *, release: bool = False
) -> set[str]:
    """Take confirmed messages, by destination, off the list where our lease holds; return where it does.

    One confirmed message ends the back-off of its destination; where there is none, `back_off` waits longer.
    With `release` the destinations are given back.
    """
    names = [name for name, confirmed_there in positions.items() if confirmed_there]
    if not names:
        return set()
    given, statement = _settling(tx.postgresql, release)
    held = {row[0] for row in tx.ask(statement, given.values([(name,) for name in names]) | {"ours": token})}
    if gone := [(name, each) for name in names if name in held for each in positions[name]]:
        _take_off(tx, gone)
    return held


def release(tx: Transaction, token: str, names: Collection[str]) -> None:
    """Give destinations back, those that are still ours."""
    if names:
        tx.execute(_RELEASED, {"names": sorted(names), "ours": token})


def back_off(tx: Transaction, destination: str, token: str, error: str, longest_seconds: float) -> None:
    """Let a destination that refuses wait, twice as long each time; the others go on."""
    failures = tx.execute(
        select(destinations.c.failures).where(
            destinations.c.destination == destination, destinations.c.token == token
        )
    ).scalar_one_or_none()
    if failures is None:
        return
    wait = min(2.0 ** min(failures, 16), longest_seconds)
    tx.execute(
        update(destinations)
        .where(destinations.c.destination == destination, destinations.c.token == token)
        .values(
            failures=failures + 1,
            last_error=error,
            retry_at=tx.now + timedelta(seconds=wait),
            token=None,
            leased_until=None,
        )
    )
