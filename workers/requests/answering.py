"""Answering requests: when every account that need not wait is decided, and again when none waits (R16)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from handlers.planning.figures import plan_digest, refused_digest
from handlers.planning.holding import PLAN_CHANGED, explained
from handlers.starting.answers import Figures, answer, refuse
from store.engine.transaction import Transaction
from store.work import requests
from store.work.requests import Counts, RequestKey, StoredRequest
from workers.sets.context import SetContext
from workers.sets.effects import Nudges, apply
from writeoff.approval import deciders
from writeoff.facts import (
    ApprovalAwaited,
    ApprovalSettled,
    Difference,
    Fact,
    ItemDecided,
    Refusal,
)
from writeoff.process import Cause


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


def answer_requests(
    tx: Transaction,
    context: SetContext,
    decided: Sequence[ItemDecided],
    moved: Sequence[Difference] = (),
) -> Nudges:
    """Answer the requests of items that were decided, as far as they are complete by that.

    `moved` says what is no longer as planned, of requests for one account.
    """
    return answer_complete(tx, context, {(fact.cause.opco, fact.request_id): fact for fact in decided}, moved)


def answer_complete(
    tx: Transaction,
    context: SetContext,
    latest: Mapping[RequestKey, ItemDecided | None],
    moved: Sequence[Difference] = (),
) -> Nudges:
    """Answer each request of which every account that need not wait is decided, and again when none waits.

    The request's row is locked after its items are written: of two transactions that decide its last items,
    the second sees what both have done.
    """
    facts: list[Fact] = []
    for key, request in requests.by_key(tx, latest, for_update=True).items():
        counts = requests.counts(tx, key)
        if request.approval == "checking":
            facts += _approval(tx, context, key, request, counts)
            continue
        nothing_yet = counts.waiting and not (counts.accepted or counts.refused)
        if counts.pending or counts.awaiting or nothing_yet or (counts.waiting and request.revision):
            continue
        only = None if request.bulk else latest[key]
        cause = cause_of(context, request, only.cause.account_id if only else None)
        if only is not None and only.refusal == PLAN_CHANGED:
            facts.append(_not_as_planned(cause, request, only, moved))
            continue
        facts += answer(
            msgspec.structs.replace(cause, process_id=only.process_id if only else None),
            answers_message_id=request.answers_message_id,
            request_id=request.request_id,
            command=request.command,
            revision=request.revision + 1,
            figures=_figures(tx, key, request, counts),
            plan_digest=_plan_digest(tx, key, request, counts),
        )
    return apply(tx, facts, context.today)


def _approval(
    tx: Transaction, context: SetContext, key: RequestKey, request: StoredRequest, counts: Counts
) -> tuple[Fact, ...]:
    """Say what approval a request needs, when all of its accounts have been looked at and its total is known.

    Without any it goes on at once; without an account that could be written off there is nothing to approve.
    """
    if counts.pending or counts.waiting:
        return ()
    cause = cause_of(context, request, None)
    total = counts.awaiting_amount
    roles = deciders(
        context.policies[request.opco],
        "bulk" if request.bulk else "personal",
        request.disposition,
        total,
        override_hold=bool(request.override_hold),
    )
    figures = _figures(tx, key, request, counts)
    answered = answer(
        cause,
        answers_message_id=request.answers_message_id,
        request_id=request.request_id,
        command=request.command,
        revision=request.revision + 1,
        figures=figures,
        plan_digest=request.plan_digest,
    )
    if roles is not None and counts.awaiting:
        return (
            ApprovalAwaited(cause=cause, request_id=request.request_id, total=total, roles=roles),
            *answered,
        )
    settled = ApprovalSettled(cause=cause, request_id=request.request_id, state="not-needed", total=total)
    return (settled,) if counts.awaiting else (settled, *answered)


def _not_as_planned(
    cause: Cause, request: StoredRequest, only: ItemDecided, moved: Sequence[Difference]
) -> Fact:
    """Answer a request whose only account, when its snapshot had come, was not as it was planned (R4)."""
    account_id = only.cause.account_id
    mine = tuple(each for each in moved if each.account_id == account_id)
    present = [(account_id, only.plan_digest)] if account_id and only.plan_digest else []
    return refuse(
        cause,
        answers_message_id=request.answers_message_id,
        request_id=request.request_id,
        command=request.command,
        revision=request.revision + 1,
        refusal=PLAN_CHANGED,
        message=explained(1 if mine else None, len(mine)),
        differences=mine,
        plan_digest=plan_digest(present) if present else None,
    )


def _plan_digest(tx: Transaction, key: RequestKey, request: StoredRequest, counts: Counts) -> str | None:
    """Return the digest of the plan that was carried out, when the last account of it is decided (R4)."""
    if request.plan_digest is not None:
        return request.plan_digest
    if not request.bulk or counts.waiting:
        return None
    accounts: list[tuple[str, str]] = []
    for account_id, digest, refusal in requests.planned(tx, key):
        known = digest or (refused_digest(refusal) if refusal is not None else None)
        if known is None:  # decided by a version that made no plans
            return None
        accounts.append((account_id, known))
    return plan_digest(accounts)


def _figures(tx: Transaction, key: RequestKey, request: StoredRequest, counts: Counts) -> Figures:
    totals: dict[str, int] = defaultdict(int)
    if counts.accepted:
        totals[request.currency] += counts.amount
    return Figures(
        accepted=counts.accepted,
        refused=counts.refused,
        waiting=counts.waiting,
        awaiting=counts.awaiting,
        totals=tuple(totals.items()),
        refusals=tuple(
            Refusal(account_id=account_id, reason=reason, message=message)
            for account_id, reason, message in requests.refusals(tx, key)
        ),
    )
