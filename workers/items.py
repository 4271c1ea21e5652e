"""Deciding accounts of requests: at expansion, when a snapshot has come, or when the wait for it is over."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from handlers.answers import Figures, answer
from handlers.opening import Order
from handlers.requests import ItemBody, decide_item, item_timer_cleared, undecided
from store import requests
from store.requests import Counts, RequestKey, StoredItem, StoredRequest
from store.transaction import Transaction
from workers.account_cases import AccountCases
from workers.effects import Nudges, apply
from workers.rounds import next_round
from workers.set_context import SetContext
from writeoff.case import Case, Part
from writeoff.facts import Fact, ItemDecided, Refusal
from writeoff.process import Cause

_bodies = msgspec.json.Decoder(ItemBody)
_NEEDS = Part.PAYMENTS | Part.REFERRALS | Part.PERIODS


def decide_items(tx: Transaction, context: SetContext, items: Sequence[StoredItem], *, final: bool) -> Nudges:
    """Decide items one account a round, then answer the requests that are complete by that.

    Items that somebody else has decided meanwhile are left alone, and so are their requests.
    """
    nudges = Nudges()
    orders = requests.by_key(tx, {(item.opco, item.request_id) for item in items}, for_update=True)
    decided: list[ItemDecided] = []
    left = list(items)
    while left:
        turn, left = next_round(left, lambda item: (item.opco, item.account_id))
        facts = _decide_round(tx, context, turn, orders, final=final)
        decided += [fact for fact in facts if isinstance(fact, ItemDecided)]
        nudges.add(apply(tx, facts, context.today))
    nudges.add(answer_requests(tx, context, decided))
    return nudges


def _decide_round(
    tx: Transaction,
    context: SetContext,
    turn: Sequence[StoredItem],
    orders: dict[RequestKey, StoredRequest],
    *,
    final: bool,
) -> list[Fact]:
    cases = AccountCases(tx, context, [(item.opco, item.account_id) for item in turn], _NEEDS)
    facts: list[Fact] = []
    for item in requests.items(tx, [(item.opco, item.request_id, item.ordinal) for item in turn]):
        if item.state not in {"pending", "waiting"}:
            continue
        request = orders[item.opco, item.request_id]
        body = _bodies.decode(item.body) if item.body else ItemBody()
        case = cases.case(cause_of(context, request, item.account_id), (item.opco, item.account_id))
        outcome = decide_item(
            _order(request, item, body), item.ordinal, item.account_version, body, case, final=final
        )
        if item.state == "waiting" and outcome.decided.state == "waiting":
            continue
        facts += [*outcome.facts, outcome.decided]
        if item.state == "waiting":
            facts.append(item_timer_cleared(case, item.request_id, item.ordinal))
    return facts


def set_aside(tx: Transaction, context: SetContext, item: StoredItem) -> Nudges:
    """Let an item wait that no decision survives: its request is answered for the others."""
    nudges = Nudges()
    for fresh in requests.items(tx, [(item.opco, item.request_id, item.ordinal)]):
        if fresh.state != "pending":
            continue
        [request] = requests.by_key(tx, [(item.opco, item.request_id)]).values()
        policy = context.policies[item.opco]
        case = Case(cause=cause_of(context, request, item.account_id), policy=policy, current=policy)
        outcome = undecided(_order(request, fresh, ItemBody()), item.ordinal, case)
        nudges.add(apply(tx, [*outcome.facts, outcome.decided], context.today))
        nudges.add(answer_requests(tx, context, [outcome.decided]))
    return nudges


def _order(request: StoredRequest, item: StoredItem, body: ItemBody) -> Order:
    return Order(
        request_id=request.request_id,
        kind="bulk" if request.bulk else "personal",
        origin=request.origin,
        disposition=request.disposition,
        reason=request.reason,
        comments=request.comments,
        account_id=item.account_id,
        returned=body.returned,
    )


def cause_of(context: SetContext, request: StoredRequest, account_id: str | None) -> Cause:
    """Return what the facts of a request's account descend from."""
    return msgspec.structs.replace(
        context.base(request.opco, request.actor),
        account_id=account_id,
        request_id=request.request_id,
        origin=request.origin,
        bulk=request.bulk,
        correlation_id=request.correlation_id,
        causation_id=request.causation_id,
        traceparent=request.traceparent,
        tracestate=request.tracestate,
    )


def answer_requests(tx: Transaction, context: SetContext, decided: Sequence[ItemDecided]) -> Nudges:
    """Answer each request of which every account that need not wait is decided, and again when none waits.

    The request's row is locked after its items are written: of two transactions that decide its last items,
    the second sees what both have done.
    """
    latest = {(fact.cause.opco, fact.request_id): fact for fact in decided}
    facts: list[Fact] = []
    for key, request in requests.by_key(tx, latest, for_update=True).items():
        counts = requests.counts(tx, key)
        nothing_yet = counts.waiting and not (counts.accepted or counts.refused)
        if counts.pending or nothing_yet or (counts.waiting and request.revision):
            continue
        only = None if request.bulk else latest[key]
        cause = cause_of(context, request, only.cause.account_id if only else None)
        facts += answer(
            msgspec.structs.replace(cause, process_id=only.process_id if only else None),
            answers_message_id=request.answers_message_id,
            request_id=request.request_id,
            command=request.command,
            revision=request.revision + 1,
            figures=_figures(tx, key, request, counts),
        )
    return apply(tx, facts, context.today)


def _figures(tx: Transaction, key: RequestKey, request: StoredRequest, counts: Counts) -> Figures:
    totals: dict[str, int] = defaultdict(int)
    if counts.accepted:
        totals[request.currency] += counts.amount
    return Figures(
        accepted=counts.accepted,
        refused=counts.refused,
        waiting=counts.waiting,
        totals=tuple(totals.items()),
        refusals=tuple(
            Refusal(account_id=account_id, reason=reason, message=message)
            for account_id, reason, message in requests.refusals(tx, key)
        ),
    )
