"""Leases by the database clock: one holder at a time, fenced by its token."""

from datetime import timedelta

from sqlalchemy import delete, or_, update

from store.engine.transaction import Transaction
from store.tables import leases
from writeoff.value import Value


class Lease(Value, frozen=True, kw_only=True):
    """A lease that somebody wants, or has: its name, their token, who they are, for how long."""

    name: str
    token: str
    holder: str
    seconds: float


def take(tx: Transaction, name: str, token: str, holder: str, lease_seconds: float) -> bool:
    """Take or renew a lease; False when another holder has it."""
    now = tx.now
    until = now + timedelta(seconds=lease_seconds)
    taken = tx.execute(
        update(leases)
        .where(leases.c.name == name, or_(leases.c.token == token, leases.c.expires_at < now))
        .values(token=token, holder=holder, expires_at=until)
    )
    if taken.rowcount:
        return True
    return bool(
        tx.insert_new(
            leases, ("name", "token", "holder", "expires_at"), [(name, token, holder, until)], ("name",)
        )
    )


def take_as(tx: Transaction, lease: Lease) -> bool:
    """Take or renew a lease; its row stays locked until the commit. False when another holder has it."""
    return take(tx, lease.name, lease.token, lease.holder, lease.seconds)


def give_up(tx: Transaction, name: str, token: str) -> None:
    """End a lease early, if it is still ours, so that nobody has to wait for its end."""
    tx.execute(delete(leases).where(leases.c.name == name, leases.c.token == token))
