"""Finding by what an operator types: a process or an account, a request."""

from uuid import UUID

from sqlalchemy import ColumnElement, select

from store.tables import opcos, processes, requests
from store.transaction import Transaction


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
