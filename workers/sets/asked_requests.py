"""Requests that are decided about, beside the cases of what decides (R5)."""

import msgspec

from store.engine.transaction import Transaction
from store.work import requests
from store.work.requests import Counts, StoredRequest
from writeoff.approval import Asked
from writeoff.case import Case


def with_request(tx: Transaction, case: Case, request_id: str | None) -> Case:
    """Return the case with a request, whose row is locked; as it is if there is no such request."""
    if request_id is None:
        return case
    key = (case.cause.opco, request_id)
    found = requests.by_key(tx, [key], for_update=True).get(key)
    if found is None:
        return case
    return msgspec.structs.replace(case, asked=_asked(found, requests.counts(tx, key)))


def _asked(request: StoredRequest, counts: Counts) -> Asked:
    return Asked(
        request_id=request.request_id,
        kind="bulk" if request.bulk else "personal",
        origin=request.origin,
        bulk=request.bulk,
        requested_by=request.requested_by,
        command=request.command,
        answers_message_id=request.answers_message_id,
        revision=request.revision,
        correlation_id=request.correlation_id,
        causation_id=request.causation_id,
        traceparent=request.traceparent,
        tracestate=request.tracestate,
        plan_digest=request.plan_digest,
        approval=request.approval,
        total=request.approval_total,
        roles=tuple(role for role in (request.approval_roles or "").split(",") if role),
        decided_by=request.decided_by,
        undecided=counts.pending + counts.waiting + counts.awaiting,
    )
