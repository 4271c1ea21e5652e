"""Comparing a bulk request with the plan that it holds to, before any of its accounts is decided (R4)."""

from collections.abc import Iterator, Sequence

from handlers.planning.figures import differences, plan_digest, refused_digest
from handlers.planning.holding import MOST_DIFFERENCES, PLAN_CHANGED, explained
from handlers.planning.plan import AccountPlan
from handlers.planning.planner import plan_item
from handlers.starting.answers import refuse
from store.engine.transaction import Transaction
from store.work import plans, requests
from store.work.plans import PlannedAccount
from store.work.requests import RequestKey, StoredItem, StoredRequest
from workers.requests.answering import cause_of
from workers.requests.items import NEEDS, body_of, order_of
from workers.sets.account_cases import AccountCases
from workers.sets.context import SetContext
from workers.sets.effects import Nudges, apply
from writeoff.facts import Difference, Fact, ItemsCompared, ItemsRefused

_UNDECIDED = ("pending", "waiting")
#: Accounts that are looked at once more at a time, for their differences.
_ACCOUNTS_A_LOOK = 200


def compare(tx: Transaction, context: SetContext, key: RequestKey, items: Sequence[StoredItem]) -> Nudges:
    """Digest the figures of the next items, whose accounts are locked; behind the last one, judge the whole.

    Somebody else may have done so meanwhile: then nothing happens.
    """
    request = requests.by_key(tx, [key], for_update=True).get(key)
    if request is None or request.plan_checked is None or request.plan_digest is None:
        return Nudges()
    if items and items[0].ordinal != request.plan_checked:
        return Nudges()
    cause = cause_of(context, request, None)
    if items:
        digests = tuple((item.ordinal, plan.digest) for item, plan in _plans(tx, context, request, items))
        compared = ItemsCompared(
            cause=cause,
            request_id=request.request_id,
            digests=digests,
            checked=items[-1].ordinal + 1,
        )
        nudges = apply(tx, [compared], context.today)
        nudges.items = len(items)
        return nudges
    return apply(tx, _judged(tx, context, request, request.plan_digest), context.today)


def _plans(
    tx: Transaction,
    context: SetContext,
    request: StoredRequest,
    items: Sequence[StoredItem],
    *,
    lock: bool = True,
) -> Iterator[tuple[StoredItem, AccountPlan]]:
    """Plan items as they stand; those that were refused when the request came have nothing to plan."""
    undecided = [item for item in items if item.state in _UNDECIDED]
    cases = AccountCases(tx, context, [(item.opco, item.account_id) for item in undecided], NEEDS, lock=lock)
    for item in undecided:
        body = body_of(item)
        case = cases.case(cause_of(context, request, item.account_id), (item.opco, item.account_id))
        yield item, plan_item(order_of(request, item, body), item.account_version, body, case)


def _judged(tx: Transaction, context: SetContext, request: StoredRequest, digest: str) -> list[Fact]:
    key = (request.opco, request.request_id)
    cause = cause_of(context, request, None)
    present = [
        (account_id, known or refused_digest(refusal or ""))
        for account_id, known, refusal in requests.planned(tx, key)
    ]
    as_it_is = plan_digest(present)
    if as_it_is == digest:
        return [ItemsCompared(cause=cause, request_id=request.request_id, digests=(), checked=None)]
    differing, found = _differences(tx, context, request, set(present))
    message = explained(differing, len(found))
    return [
        ItemsRefused(cause=cause, request_id=request.request_id, refusal=PLAN_CHANGED, message=message),
        refuse(
            cause,
            answers_message_id=request.answers_message_id,
            request_id=request.request_id,
            command=request.command,
            revision=request.revision + 1,
            refusal=PLAN_CHANGED,
            message=message,
            differences=found,
            plan_digest=as_it_is,
        ),
    ]


def _differences(
    tx: Transaction, context: SetContext, request: StoredRequest, present: set[tuple[str, str]]
) -> tuple[int | None, tuple[Difference, ...]]:
    """Return how many accounts differ from the kept plan and what of them; None if no such plan is kept."""
    kept = False
    differing = 0
    gone: list[PlannedAccount] = []
    left = {account_id for account_id, _ in present}
    for planned in plans.planned(tx, request.opco, request.plan_digest or ""):
        kept = True
        left.discard(planned.account_id)
        if (planned.account_id, planned.digest) not in present:
            differing += 1
            if len(gone) < _ACCOUNTS_A_LOOK:
                gone.append(planned)
    if not kept:
        return None, ()
    before = {each.account_id: each.fields for each in gone}
    before |= {account_id: {} for account_id in sorted(left)[: _ACCOUNTS_A_LOOK - len(gone)]}
    items = requests.items_of(tx, (request.opco, request.request_id), before)
    # Without locks: the request's own is held, and accounts come before it.
    now = {item.account_id: plan.fields for item, plan in _plans(tx, context, request, items, lock=False)}
    found = [
        each
        for account_id, fields in before.items()
        for each in differences(account_id, fields, now.get(account_id, {}))
    ]
    return differing + len(left), _policy_once(found)[:MOST_DIFFERENCES]


def _policy_once(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Leave a new policy version at the first account: it is the same for all of them."""
    first = next((each for each in found if each.field == "policy"), None)
    return tuple(each for each in found if each.field != "policy" or each is first)
