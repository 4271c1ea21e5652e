"""What has changed between two plans that are kept (R4)."""

from collections.abc import Iterator, Mapping

from handlers.planning.figures import differences
from operations.database import reading
from operations.failures import NotFound
from store.engine.transaction import Transaction
from store.work import plans
from workers.settings import Settings
from writeoff.facts import Difference

#: Accounts whose differences are told; more are no list that anybody reads.
MOST_ACCOUNTS = 1_000


def compared(settings: Settings, opco: str, planned: str, present: str) -> tuple[Difference, ...]:
    """Return what is no longer as planned, of up to `MOST_ACCOUNTS` accounts; raises `NotFound`."""
    with reading(settings) as tx:
        before, now = _digests(tx, opco, planned), _digests(tx, opco, present)
        if not before:
            raise NotFound(f"No plan {planned} of {opco} is kept here.")
        moved = sorted({account_id for account_id, _ in before ^ now})[:MOST_ACCOUNTS]
        old, new = (dict(_fields(tx, opco, digest, frozenset(moved))) for digest in (planned, present))
    return tuple(
        each
        for account_id in moved
        for each in differences(account_id, old.get(account_id, {}), new.get(account_id, {}))
    )


def _digests(tx: Transaction, opco: str, digest: str) -> set[tuple[str, str]]:
    return {(each.account_id, each.digest) for each in plans.planned(tx, opco, digest)}


def _fields(
    tx: Transaction, opco: str, digest: str, accounts: frozenset[str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    for each in plans.planned(tx, opco, digest):
        if each.account_id in accounts:
            yield each.account_id, each.fields
