"""Requests in progress: claiming items to decide, counting what has been decided (R3)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select, tuple_

from store.engine.transaction import AnyRow, Transaction
from store.tables import approvals, request_items, requests
from store.work import request_pauses
from writeoff.approval import ApprovalState
from writeoff.process import Disposition, Origin
from writeoff.value import Value

RequestKey = tuple[str, str]


class StoredRequest(Value, frozen=True, kw_only=True):
    """A request as it was taken."""

    opco: str
    request_id: str
    kind: str
    disposition: Disposition
    reason: str
    comments: str | None
    origin: Origin
    bulk: bool
    command: str
    answers_message_id: str
    requested_by: str
    currency: str
    correlation_id: str
    causation_id: str
    traceparent: str | None
    tracestate: str | None
    revision: int
    actor: str
    plan_digest: str | None
    plan_checked: int | None
    #: Where it stands with its approval, None for a request that needs none at any total (R5).
    approval: ApprovalState | None
    override_hold: bool | None
    approval_total: int | None
    approval_roles: str | None
    decided_by: str | None


class StoredItem(Value, frozen=True, kw_only=True):
    """One account of a request."""

    opco: str
    request_id: str
    ordinal: int
    account_id: str
    account_version: int | None
    state: str
    body: bytes | None
    plan_digest: str | None = None
    amount_minor: int | None = None


class Counts(Value, frozen=True, kw_only=True):
    """How a request's items stand; the amount accepted in minor units."""

    pending: int = 0
    waiting: int = 0
    awaiting: int = 0
    accepted: int = 0
    refused: int = 0
    amount: int = 0
    awaiting_amount: int = 0


_APPROVAL = {
    "approval": approvals.c.state,
    "override_hold": approvals.c.override_hold,
    "approval_total": approvals.c.total_minor,
    "approval_roles": approvals.c.roles,
    "decided_by": approvals.c.decided_by,
}
_REQUEST = [
    _APPROVAL[name].label(name) if name in _APPROVAL else requests.c[name]
    for name in StoredRequest.__struct_fields__
]
_ITEM = [request_items.c[name] for name in StoredItem.__struct_fields__]


def by_key(
    tx: Transaction, keys: Iterable[RequestKey], *, for_update: bool = False
) -> dict[RequestKey, StoredRequest]:
    """Return requests; with `for_update` their rows are locked, in key order."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = tx.rows("wanted", [requests.c.opco, requests.c.request_id], wanted)
    mine = (requests.c.opco == rows.c.opco) & (requests.c.request_id == rows.c.request_id)
    in_order = (requests.c.opco, requests.c.request_id)
    if for_update and tx.postgresql:
        # Before they are read: a statement that waits for the lock sees approvals as they were before.
        tx.execute(select(*in_order).join(rows, mine).order_by(*in_order).with_for_update(of=requests)).all()
    statement = (
        select(*_REQUEST)
        .join(rows, mine)
        .outerjoin(
            approvals,
            (approvals.c.opco == requests.c.opco) & (approvals.c.request_id == requests.c.request_id),
        )
        .order_by(*in_order)
    )
    return {
        (row.opco, row.request_id): StoredRequest(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        for row in tx.execute(statement).all()
    }


def pending_items(tx: Transaction, key: RequestKey, limit: int) -> list[StoredItem]:
    """Return the next undecided items of a request, in its order."""
    statement = (
        select(*_ITEM)
        .where(
            request_items.c.opco == key[0],
            request_items.c.request_id == key[1],
            request_items.c.state == "pending",
        )
        .order_by(request_items.c.ordinal)
        .limit(limit)
    )
    return [_item(row) for row in tx.execute(statement).all()]


def to_compare(tx: Transaction, key: RequestKey) -> int | None:
    """Return the ordinal from which a request's accounts are to be compared with its plan; None for none."""
    statement = select(requests.c.plan_checked).where(
        requests.c.opco == key[0], requests.c.request_id == key[1]
    )
    checked: int | None = tx.execute(statement).scalar_one_or_none()
    return checked


def items_from(tx: Transaction, key: RequestKey, ordinal: int, limit: int) -> list[StoredItem]:
    """Return the items of a request from an ordinal on, in its order, whatever their state."""
    statement = (
        select(*_ITEM)
        .where(
            request_items.c.opco == key[0],
            request_items.c.request_id == key[1],
            request_items.c.ordinal >= ordinal,
        )
        .order_by(request_items.c.ordinal)
        .limit(limit)
    )
    return [_item(row) for row in tx.execute(statement).all()]


def items_of(tx: Transaction, key: RequestKey, accounts: Iterable[str]) -> list[StoredItem]:
    """Return the items of a request that are about these accounts, in its order."""
    wanted = sorted(set(accounts))
    if not wanted:
        return []
    rows = tx.rows("wanted", [request_items.c.account_id], [(each,) for each in wanted])
    statement = (
        select(*_ITEM)
        .join(rows, request_items.c.account_id == rows.c.account_id)
        .where(request_items.c.opco == key[0], request_items.c.request_id == key[1])
        .order_by(request_items.c.ordinal)
    )
    return [_item(row) for row in tx.execute(statement).all()]


def planned(tx: Transaction, key: RequestKey) -> list[tuple[str, str | None, str | None]]:
    """Return account, digest of its figures and refusal of every item of a request, in no order."""
    columns = (request_items.c.account_id, request_items.c.plan_digest, request_items.c.refusal)
    statement = select(*columns).where(request_items.c.opco == key[0], request_items.c.request_id == key[1])
    return [(row[0], row[1], row[2]) for row in tx.execute(statement).all()]


def items(tx: Transaction, keys: Iterable[tuple[str, str, int]]) -> list[StoredItem]:
    """Return items by (opco, request, ordinal), as they stand now."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    names = ("opco", "request_id", "ordinal")
    rows = tx.rows("wanted", [request_items.c[name] for name in names], wanted)
    statement = select(*_ITEM)
    on = [request_items.c[name] == rows.c[name] for name in names]
    statement = statement.join(rows, on[0] & on[1] & on[2]).order_by(
        request_items.c.opco, request_items.c.request_id, request_items.c.ordinal
    )
    return [_item(row) for row in tx.execute(statement).all()]


def waiting_items(tx: Transaction, accounts: Iterable[tuple[str, str]]) -> list[StoredItem]:
    """Return the items that wait for a snapshot of these accounts (R16)."""
    wanted = sorted(set(accounts))
    if not wanted:
        return []
    rows = tx.rows("wanted", [request_items.c.opco, request_items.c.account_id], wanted)
    found = select(*_ITEM).where(
        request_items.c.opco == rows.c.opco,
        request_items.c.account_id == rows.c.account_id,
        request_items.c.state == "waiting",
    )
    items = [_item(row) for row in tx.execute(tx.of_each(rows, found)).all()]
    return sorted(items, key=lambda item: (item.opco, item.request_id, item.ordinal))


def unexpanded(tx: Transaction, limit: int) -> list[RequestKey]:
    """Return requests that have undecided items and are not paused.

    One look at the index for each: a DISTINCT would walk all of its entries, of which a request has 100,000.
    """
    key = (request_items.c.opco, request_items.c.request_id)
    first = select(*key).where(request_items.c.state == "pending").order_by(*key).limit(1)
    found: list[RequestKey] = []
    stopped = request_pauses.paused(tx)
    last: RequestKey | None = None
    while len(found) < limit:
        later = first.where(tuple_(*key) > tuple_(*last)) if last is not None else first
        row = tx.execute(later).one_or_none()
        if row is None:
            break
        last = (row.opco, row.request_id)
        if last not in stopped:
            found.append(last)
    return found


def counts(tx: Transaction, key: RequestKey) -> Counts:
    """Count a request's items by state."""
    statement = (
        select(request_items.c.state, func.count(), func.coalesce(func.sum(request_items.c.amount_minor), 0))
        .where(request_items.c.opco == key[0], request_items.c.request_id == key[1])
        .group_by(request_items.c.state)
    )
    found = {row[0]: (row[1], int(row[2])) for row in tx.execute(statement).all()}
    return Counts(
        pending=found.get("pending", (0, 0))[0],
        waiting=found.get("waiting", (0, 0))[0],
        awaiting=found.get("awaiting", (0, 0))[0],
        accepted=found.get("accepted", (0, 0))[0],
        refused=found.get("refused", (0, 0))[0],
        amount=found.get("accepted", (0, 0))[1],
        awaiting_amount=found.get("awaiting", (0, 0))[1],
    )


def refusals(tx: Transaction, key: RequestKey) -> Sequence[tuple[str, str, str]]:
    """Return account, code and sentence of every refused item, in the request's order."""
    statement = (
        select(request_items.c.account_id, request_items.c.refusal, request_items.c.message)
        .where(
            request_items.c.opco == key[0],
            request_items.c.request_id == key[1],
            request_items.c.state == "refused",
        )
        .order_by(request_items.c.ordinal)
    )
    return [(row.account_id, row.refusal, row.message or "") for row in tx.execute(statement).all()]


def _item(row: AnyRow) -> StoredItem:
    return StoredItem(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
