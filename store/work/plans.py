"""Plans that are kept for a while: what they said of each account, so that differences can be told (R4)."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import msgspec
from sqlalchemy import delete, select

from store.engine.transaction import Transaction
from store.tables import plan_parts, plans
from writeoff.value import Value

#: Accounts a part: as many as a set that is planned.
ACCOUNTS_A_PART = 1_000
#: How long a plan is kept, and how many of an opco: half a gigabyte if all were of 100,000 accounts.
KEPT_DAYS = 30
MOST_PLANS = 50
#: Fast, and the accounts of a portfolio are so alike that it takes nine tenths away.
_COMPRESSION_LEVEL = 1


class PlannedAccount(Value, frozen=True, kw_only=True):
    """What a plan said of an account: the digest of its figures, and the figures by the path of each."""

    account_id: str
    digest: str
    fields: Mapping[str, str]


_parts = msgspec.json.Decoder(tuple[PlannedAccount, ...])


def part(accounts: Iterable[PlannedAccount]) -> bytes:
    """Return up to `ACCOUNTS_A_PART` accounts as they are kept."""
    return zlib.compress(msgspec.json.encode(tuple(accounts)), _COMPRESSION_LEVEL)


def keep(
    tx: Transaction,
    opco: str,
    digest: str,
    *,
    policy_digest: str,
    accounts: int,
    parts: Iterable[bytes],
    actor: str,
) -> None:
    """Keep a plan; one that is kept already is as good as new. The oldest make room."""
    names = ("opco", "plan_digest", "policy_digest", "accounts", "actor", "made_at")
    row = (opco, digest, policy_digest, accounts, actor, tx.now)
    if tx.insert_new(plans, names, [row], ("opco", "plan_digest")):
        rows = [(opco, digest, number, body) for number, body in enumerate(parts)]
        tx.insert(plan_parts, ("opco", "plan_digest", "part", "body"), rows)
    else:
        tx.update(plans, names[:2], names[4:], [(opco, digest, actor, tx.now)])
    _make_room(tx, opco)


def _make_room(tx: Transaction, opco: str) -> None:
    statement = (
        select(plans.c.plan_digest, plans.c.made_at)
        .where(plans.c.opco == opco)
        .order_by(plans.c.made_at.desc(), plans.c.plan_digest)
    )
    oldest = tx.now - timedelta(days=KEPT_DAYS)
    for number, row in enumerate(tx.execute(statement).all()):
        if number >= MOST_PLANS or row.made_at < oldest:
            for table in (plans, plan_parts):
                mine = (table.c.opco == opco, table.c.plan_digest == row.plan_digest)
                tx.execute(delete(table).where(*mine))


def planned(tx: Transaction, opco: str, digest: str) -> Iterator[PlannedAccount]:
    """Return what a plan said of each account, a part in memory at a time; nothing if it is not kept."""
    mine = (plan_parts.c.opco == opco, plan_parts.c.plan_digest == digest)
    numbers = tx.execute(select(plan_parts.c.part).where(*mine).order_by(plan_parts.c.part)).scalars().all()
    for number in numbers:
        body = tx.execute(select(plan_parts.c.body).where(*mine, plan_parts.c.part == number)).scalar_one()
        yield from _parts.decode(zlib.decompress(body))
