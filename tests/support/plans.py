"""Plans of requests, made through the library and kept, as `writeoff plan` does."""

from collections.abc import Mapping
from typing import Any

import msgspec

from handlers.planning.figures import plan_digest
from handlers.planning.plan import AccountPlan
from messages.inbound import WriteOffRequested
from operations.request_file import AskedFor, wanted
from store.work import plans
from store.work.plans import PlannedAccount
from tests.support.world import World
from workers.requests import planning
from workers.sets.context import context
from workers.sets.shelf import PolicyShelf

#: A plan made, and its digest.
Made = tuple[list[AccountPlan], str]


def make(world: World, request: Mapping[str, Any], *, keep: bool = True) -> Made:
    """Plan a request as things stand; the plan is kept unless said otherwise."""
    opco = request["opco"]
    data = msgspec.convert(request["data"], WriteOffRequested)
    with world.database.read() as tx:
        now = context(tx, PolicyShelf())
        found = list(planning.plan(tx, now, wanted(AskedFor(opco=opco, data=data), now)))
    digest = plan_digest((each.account_id, each.digest) for each in found)
    if keep:
        kept = [
            PlannedAccount(account_id=each.account_id, digest=each.digest, fields=each.fields)
            for each in found
        ]
        parts = [plans.part(kept[start : start + 2]) for start in range(0, len(kept), 2)]
        with world.database.begin() as tx:
            plans.keep(
                tx,
                opco,
                digest,
                policy_digest=now.policies[opco].digest,
                accounts=len(kept),
                parts=parts,
                actor="test",
            )
    return found, digest


def holding(request: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """Return the request with the digest of its plan."""
    return {**request, "data": {**request["data"], "plan_digest": digest}}
