"""Tax on written-off debt whose relief is to be claimed, or has been (R19, R24)."""

from collections.abc import Sequence

from sqlalchemy import ColumnClause, Text, func, literal_column, select

from store.engine.transaction import AnyRow, Transaction
from store.tables import buckets, processes

#: A word of the statement: SQLite tells a partial index by nothing else.
_PENDING: ColumnClause[str] = literal_column("'pending-claim'", Text())


def held(tx: Transaction, opco: str | None) -> Sequence[AnyRow]:
    """Return what is held by account, code, accounting date and the policy version it was written off by."""
    columns = [
        buckets.c.opco,
        buckets.c.account_id,
        buckets.c.distribution_code,
        buckets.c.accounting_date,
        processes.c.policy_digest,
        processes.c.currency,
    ]
    statement = (
        select(
            *columns,
            func.sum(buckets.c.held_minor).label("held_minor"),
            func.sum(buckets.c.claimed_minor).label("claimed_minor"),
        )
        .join(processes, processes.c.process_id == buckets.c.process_id)
        .where(buckets.c.treatment == _PENDING, buckets.c.held_minor > 0)
        .group_by(*columns)
        .order_by(*columns[:4])
    )
    if opco is not None:
        statement = statement.where(buckets.c.opco == opco)
    return tx.execute(statement).all()
