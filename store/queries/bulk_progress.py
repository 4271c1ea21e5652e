"""How far the accounts of a request are, counted from rows, and what became of each (R3)."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from store.engine.transaction import AnyRow, Transaction
from store.tables import events, processes, request_items
from store.work.requests import RequestKey

#: Accounts read at a time for a result file.
ACCOUNTS_A_PAGE = 5_000


def processes_by_course(tx: Transaction, key: RequestKey) -> Sequence[AnyRow]:
    """Count the request's processes by status, end and whether a failed event blocks them."""
    failed = exists().where(events.c.process_id == processes.c.process_id, events.c.status == "failed")
    blocked = case((and_(processes.c.status == "active", failed), 1), else_=0).label("blocked")
    statement = select(processes.c.status, processes.c.end_reason, blocked).where(
        processes.c.opco == key[0], processes.c.request_id == key[1]
    )
    each = statement.subquery()
    columns = (each.c.status, each.c.end_reason, each.c.blocked)
    return tx.execute(
        select(*columns, func.count().label("processes")).group_by(*columns).order_by(*columns)
    ).all()


def results(tx: Transaction, key: RequestKey) -> Iterator[AnyRow]:
    """Return what became of each account, in the request's order; a page in memory at a time."""
    after = -1
    while True:
        page = _page(tx, key, after)
        yield from page
        if len(page) < ACCOUNTS_A_PAGE:
            return
        after = page[-1].ordinal


def _page(tx: Transaction, key: RequestKey, after: int) -> Sequence[AnyRow]:
    items = (
        select(request_items)
        .where(
            request_items.c.opco == key[0],
            request_items.c.request_id == key[1],
            request_items.c.ordinal > after,
        )
        .order_by(request_items.c.ordinal)
        .limit(ACCOUNTS_A_PAGE)
        .subquery()
    )

    def count(status: str) -> ColumnElement[int]:
        return func.count(case((events.c.status == status, 1))).label(f"events_{status}")

    failure = func.min(case((events.c.status == "failed", events.c.reason))).label("failure")
    statement = (
        select(
            items.c.ordinal,
            items.c.account_id,
            items.c.state,
            items.c.refusal,
            items.c.message,
            items.c.amount_minor,
            items.c.process_id,
            processes.c.status.label("process_status"),
            processes.c.end_reason,
            processes.c.template,
            processes.c.ended_on,
            *[count(status) for status in ("complete", "pending", "failed", "canceled")],
            failure,
        )
        .select_from(
            items.outerjoin(processes, processes.c.process_id == items.c.process_id).outerjoin(
                events, events.c.process_id == items.c.process_id
            )
        )
        .group_by(
            items.c.ordinal,
            items.c.account_id,
            items.c.state,
            items.c.refusal,
            items.c.message,
            items.c.amount_minor,
            items.c.process_id,
            processes.c.status,
            processes.c.end_reason,
            processes.c.template,
            processes.c.ended_on,
        )
        .order_by(items.c.ordinal)
    )
    return tx.execute(statement).all()
