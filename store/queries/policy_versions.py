"""Policy versions that were ever in force, and what still uses them."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select

from store.engine.transaction import AnyRow, Transaction
from store.tables import opcos, policies, processes


def versions(tx: Transaction, opco: str | None) -> Sequence[AnyRow]:
    """Return versions by opco, the newest first, with the number of active processes that began with them."""
    used = (
        select(processes.c.policy_digest, func.count().label("active_processes"))
        .where(processes.c.status == "active")
        .group_by(processes.c.policy_digest)
        .subquery("used")
    )
    statement = (
        select(
            policies.c.opco,
            policies.c.digest,
            policies.c.stored_at,
            opcos.c.opco.is_not(None).label("current"),
            func.coalesce(used.c.active_processes, 0).label("active_processes"),
        )
        .outerjoin(opcos, and_(opcos.c.opco == policies.c.opco, opcos.c.policy_digest == policies.c.digest))
        .outerjoin(used, used.c.policy_digest == policies.c.digest)
        .order_by(policies.c.opco, policies.c.stored_at.desc(), policies.c.digest)
    )
    if opco is not None:
        statement = statement.where(policies.c.opco == opco)
    return tx.execute(statement).all()
