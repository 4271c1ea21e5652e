"""Deciding accounts of requests: at expansion, when a snapshot has come, or when the wait for it is over."""

from collections.abc import Sequence

import msgspec

from handlers.planning.holding import Held, hold_to_account, hold_to_plan
from handlers.starting.opening import Order
from handlers.starting.requests import (
    ItemBody,
    ItemOutcome,
    checked,
    decide_item,
    item_timer_cleared,
    undecided,
)
from store.engine.transaction import Transaction
from store.work import request_pauses, requests
from store.work.requests import RequestKey, StoredItem, StoredRequest
from workers.requests.answering import answer_requests, cause_of
from workers.sets.account_cases import AccountCases
from workers.sets.context import SetContext
from workers.sets.effects import Nudges, apply
from workers.sets.kept_plans import with_plan
from workers.sets.rounds import next_round
from writeoff.case import Case, Part
from writeoff.facts import Difference, Fact, ItemDecided

_bodies = msgspec.json.Decoder(ItemBody)
NEEDS = Part.PAYMENTS | Part.REFERRALS | Part.PERIODS | Part.PERSONS


def decide_items(tx: Transaction, context: SetContext, items: Sequence[StoredItem], *, final: bool) -> Nudges:
    """Decide items one account a round, then answer the requests that are complete by that.

    Items that somebody else has decided meanwhile are left alone, and so are their requests.
    """
    nudges = Nudges()
    orders = requests.by_key(tx, {(item.opco, item.request_id) for item in items}, for_update=True)
    stopped = request_pauses.paused(tx)  # under the lock that whoever pauses takes
    decided: list[ItemDecided] = []
    moved: list[Difference] = []
    left = [item for item in items if (item.opco, item.request_id) not in stopped]
    while left:
        turn, left = next_round(left, lambda item: (item.opco, item.account_id))
        facts = _decide_round(tx, context, turn, orders, moved, final=final)
        decided += [fact for fact in facts if isinstance(fact, ItemDecided)]
        nudges.add(apply(tx, facts, context.today))
    nudges.add(answer_requests(tx, context, decided, moved))
    return nudges


def _decide_round(
    tx: Transaction,
    context: SetContext,
    turn: Sequence[StoredItem],
    orders: dict[RequestKey, StoredRequest],
    moved: list[Difference],
    *,
    final: bool,
) -> list[Fact]:
    """Decide one round; `moved` gets what is no longer as the only account of a request was planned."""
    cases = AccountCases(tx, context, [(item.opco, item.account_id) for item in turn], NEEDS)
    facts: list[Fact] = []
    for item in requests.items(tx, [(item.opco, item.request_id, item.ordinal) for item in turn]):
        if item.state not in {"pending", "waiting"}:
            continue
        request = orders[item.opco, item.request_id]
        body = body_of(item)
        order = order_of(request, item, body)
        case = cases.case(cause_of(context, request, item.account_id), (item.opco, item.account_id))
        outcome = decide_item(order, item.ordinal, item.account_version, body, case, final=final)
        if request.approval == "checking":
            outcome = checked(outcome, item.plan_digest)
        elif outcome.decided.state != "waiting" and (request.bulk or request.plan_digest is not None):
            held = _hold(tx, request, planned=item.plan_digest, order=order, outcome=outcome, case=case)
            moved += held.differences
            outcome = _marked(held)
        if item.state == "waiting" and outcome.decided.state == "waiting":
            continue
        facts += [*outcome.facts, outcome.decided]
        if item.state == "waiting":
            facts.append(item_timer_cleared(case, item.request_id, item.ordinal))
    return facts


def _hold(
    tx: Transaction,
    request: StoredRequest,
    *,
    planned: str | None,
    order: Order,
    outcome: ItemOutcome,
    case: Case,
) -> Held:
    """Hold an account to what was planned of it: alone by the request's plan, else by its own digest (R4)."""
    if request.bulk or request.plan_digest is None:
        return hold_to_account(order, outcome, case, planned)
    return hold_to_plan(
        order, outcome, case, request.plan_digest, with_plan(tx, case, request.plan_digest).planned
    )


def _marked(held: Held) -> ItemOutcome:
    """Return the outcome with the digest of the figures that it was decided on."""
    decided = msgspec.structs.replace(held.outcome.decided, plan_digest=held.digest)
    return msgspec.structs.replace(held.outcome, decided=decided)


def body_of(item: StoredItem) -> ItemBody:
    """Return what an item carries beside its account."""
    return _bodies.decode(item.body) if item.body else ItemBody()


def set_aside(tx: Transaction, context: SetContext, item: StoredItem) -> Nudges:
    """Let an item wait that no decision survives: its request is answered for the others."""
    nudges = Nudges()
    for fresh in requests.items(tx, [(item.opco, item.request_id, item.ordinal)]):
        if fresh.state != "pending":
            continue
        [request] = requests.by_key(tx, [(item.opco, item.request_id)]).values()
        policy = context.policies[item.opco]
        case = Case(cause=cause_of(context, request, item.account_id), policy=policy, current=policy)
        outcome = undecided(order_of(request, fresh, ItemBody()), item.ordinal, case)
        nudges.add(apply(tx, [*outcome.facts, outcome.decided], context.today))
        nudges.add(answer_requests(tx, context, [outcome.decided]))
    return nudges


def order_of(request: StoredRequest, item: StoredItem, body: ItemBody) -> Order:
    """Return what a request wants for one of its accounts."""
    return Order(
        request_id=request.request_id,
        kind="bulk" if request.bulk else "personal",
        origin=request.origin,
        disposition=request.disposition,
        reason=request.reason,
        comments=request.comments,
        account_id=item.account_id,
        returned=body.returned,
        override_hold=bool(request.override_hold),
        approved=item.amount_minor if request.approval in {"approved", "not-needed"} else None,
    )
