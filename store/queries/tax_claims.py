"""Tax on written-off debt whose relief is to be claimed, or has been (R19, R24)."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnClause, ColumnElement, Text, case, func, literal_column, select, tuple_

from store.engine.partitions import following
from store.engine.transaction import AnyRow, Transaction
from store.queries.months import month_of
from store.tables import buckets, processes

#: A word of the statement: SQLite tells a partial index by nothing else.
_PENDING: ColumnClause[str] = literal_column("'pending-claim'", Text())
#: The columns of its index.
_PLACE = (buckets.c.opco, buckets.c.distribution_code, buckets.c.accounting_date)
_TYPES = [column.type for column in _PLACE]


class Place(NamedTuple):
    """A month of supply of one code, by its first day: the order of the list."""

    opco: str
    distribution_code: str
    first: date


class Page(NamedTuple):
    """Whole months: the conditions on their buckets, and the last of them where more are behind it."""

    where: Sequence[ColumnElement[bool]]
    last: Place | None


def page(tx: Transaction, opco: str | None, after: Place | None, most: int) -> Page:
    """Return the months behind `after`, of at most so many buckets; one month at least, whatever it holds."""
    where: list[ColumnElement[bool]] = [buckets.c.treatment == _PENDING]
    if opco is not None:
        where.append(buckets.c.opco == opco)
    if after is not None:
        where.append(_from(_behind(after)))
    walk = select(*_PLACE).where(*where)
    beyond = tx.execute(walk.order_by(*_PLACE).offset(most).limit(1)).first()
    if beyond is None:
        return Page(where, None)
    cut = _month(beyond)
    backwards = [column.desc() for column in _PLACE]
    whole = tx.execute(walk.where(_before(cut)).order_by(*backwards).limit(1)).first()
    last = _month(whole) if whole is not None else cut
    more = tx.execute(walk.where(_from(_behind(last))).order_by(*_PLACE).limit(1)).first()
    return Page([*where, _before(_behind(last))], last if more is not None else None)


def sums(tx: Transaction, where: Sequence[ColumnElement[bool]]) -> Sequence[AnyRow]:
    """Return what is held by code, accounting date and the policy version it was written off by.

    `accounts` of a row are those of its month that no other row has counted.
    """
    month = (buckets.c.opco, buckets.c.distribution_code, month_of(tx, buckets.c.accounting_date))
    number = func.row_number().over(partition_by=(*month, buckets.c.account_id))
    # A query of its own for each bucket: PostgreSQL would read all processes for some thousand.
    policy = (
        select(processes.c.policy_digest)
        .where(processes.c.process_id == buckets.c.process_id)
        .scalar_subquery()
    )
    each = (
        select(
            *_PLACE,
            policy.label("policy_digest"),
            buckets.c.held_minor,
            buckets.c.claimed_minor,
            case((number == 1, 1), else_=0).label("accounts"),
        )
        .where(*where, buckets.c.held_minor > 0)
        .subquery("each")
    )
    key = [*(each.c[column.name] for column in _PLACE), each.c.policy_digest]
    totals = [func.sum(each.c[name]).label(name) for name in ("held_minor", "claimed_minor", "accounts")]
    return tx.execute(select(*key, *totals).group_by(*key).order_by(*key)).all()


def held(tx: Transaction, opco: str) -> Sequence[AnyRow]:
    """Return what is held at an opco by account, code, accounting date and the policy version."""
    columns = [
        buckets.c.opco,
        buckets.c.account_id,
        buckets.c.distribution_code,
        buckets.c.accounting_date,
        processes.c.policy_digest,
    ]
    statement = (
        select(
            *columns,
            func.sum(buckets.c.held_minor).label("held_minor"),
            func.sum(buckets.c.claimed_minor).label("claimed_minor"),
        )
        .join(processes, processes.c.process_id == buckets.c.process_id)
        .where(buckets.c.treatment == _PENDING, buckets.c.opco == opco, buckets.c.held_minor > 0)
        .group_by(*columns)
        .order_by(*columns[:4])
    )
    return tx.execute(statement).all()


def _month(row: AnyRow) -> Place:
    return Place(row.opco, row.distribution_code, row.accounting_date.replace(day=1))


def _from(place: Place) -> ColumnElement[bool]:
    return tuple_(*_PLACE) >= tuple_(*place, types=_TYPES)


def _before(place: Place) -> ColumnElement[bool]:
    return tuple_(*_PLACE) < tuple_(*place, types=_TYPES)


def _behind(place: Place) -> Place:
    return place._replace(first=following(place.first))
