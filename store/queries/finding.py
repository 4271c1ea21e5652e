"""Finding by what an operator types: a process or an account, a request."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from store.engine.transaction import Transaction
from store.tables import accounts, opcos, processes, requests
from writeoff.value import Value


def process_ids(tx: Transaction, wanted: str, opco: str | None, limit: int) -> list[str]:
    """Return the processes with that id, or of the account with that id, newest first."""
    by_id = _uuid(wanted)
    statement = select(processes.c.process_id)
    if by_id is not None:
        statement = statement.where(processes.c.process_id == by_id)
        if opco is not None:
            statement = statement.where(processes.c.opco == opco)
    else:
        statement = statement.where(_of(processes.c.opco, opco), processes.c.account_id == wanted)
    statement = statement.order_by(processes.c.created_at.desc(), processes.c.process_id).limit(limit)
    return list(tx.execute(statement).scalars())


class Found(Value, frozen=True, kw_only=True):
    """An account, and the process that was named or is active."""

    opco: str
    account_id: str
    process_id: str | None


def accounts_named(tx: Transaction, wanted: str, opco: str | None) -> list[Found]:
    """Return the account of the process with that id, else the accounts with that id, one an opco."""
    columns = (processes.c.opco, processes.c.account_id, processes.c.process_id)
    by_id = _uuid(wanted)
    if by_id is not None:
        of_process = select(*columns).where(processes.c.process_id == by_id)
        if opco is not None:
            of_process = of_process.where(processes.c.opco == opco)
        if row := tx.execute(of_process).one_or_none():
            return [Found(opco=row.opco, account_id=row.account_id, process_id=row.process_id)]
    active = and_(
        processes.c.opco == accounts.c.opco,
        processes.c.account_id == accounts.c.account_id,
        processes.c.status == "active",
    )
    statement = (
        select(accounts.c.opco, accounts.c.account_id, processes.c.process_id)
        .outerjoin(processes, active)
        .where(_of(accounts.c.opco, opco), accounts.c.account_id == wanted)
        .order_by(accounts.c.opco)
    )
    return [
        Found(opco=row.opco, account_id=row.account_id, process_id=row.process_id)
        for row in tx.execute(statement)
    ]


def request_keys(tx: Transaction, request_id: str, opco: str | None) -> list[tuple[str, str]]:
    """Return the keys of the requests with that id, of one opco or of all."""
    statement = select(requests.c.opco, requests.c.request_id).where(
        _of(requests.c.opco, opco), requests.c.request_id == request_id
    )
    return [(row.opco, row.request_id) for row in tx.execute(statement.order_by(requests.c.opco))]


def _of(column: ColumnElement[str], opco: str | None) -> ColumnElement[bool]:
    """Name the opcos: every business key begins with one, and its index is of no use without."""
    return column == opco if opco is not None else column.in_(select(opcos.c.opco))


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
