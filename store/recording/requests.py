"""Facts about requests and their items."""

from collections.abc import Sequence

from sqlalchemy import func, update

from store.engine.transaction import Transaction
from store.recording.approvals import approvals_opened
from store.recording.timers import clear_item_timers
from store.tables import approvals, attempts, request_items, requests
from writeoff.facts import ItemDecided, ItemsCompared, ItemsRefused, RequestAnswered, RequestOpened

_PREFIX = "AUTO-"
_REQUESTING = ("write-off-requested", "repossession-failed")
#: What an answer may say of a command that failed as such, although its request had been taken.
_STILL_THERE = (None, "approval-refused", "plan-changed")


def requests_opened(tx: Transaction, facts: Sequence[RequestOpened]) -> None:
    """Append requests with their items; the attempt behind an automatic one has now been decided."""
    tx.insert(
        requests,
        (
            "opco",
            "request_id",
            "kind",
            "disposition",
            "reason",
            "comments",
            "origin",
            "bulk",
            "command",
            "answers_message_id",
            "requested_by",
            "roles",
            "currency",
            "policy_digest",
            "correlation_id",
            "causation_id",
            "traceparent",
            "tracestate",
            "revision",
            "received_on",
            "received_at",
            "actor",
            "plan_digest",
            "plan_checked",
        ),
        [
            (
                fact.cause.opco,
                fact.request_id,
                fact.kind,
                fact.disposition,
                fact.reason,
                fact.comments,
                fact.cause.origin,
                fact.cause.bulk,
                fact.command,
                fact.answers_message_id,
                fact.requested_by,
                ",".join(fact.roles),
                fact.currency,
                fact.policy_digest,
                fact.cause.correlation_id,
                fact.cause.causation_id,
                fact.cause.traceparent,
                fact.cause.tracestate,
                fact.revision,
                fact.cause.on,
                fact.cause.at,
                fact.cause.actor,
                fact.plan_digest,
                fact.plan_checked,
            )
            for fact in facts
        ],
    )
    tx.insert(
        request_items,
        (
            "opco",
            "request_id",
            "ordinal",
            "account_id",
            "account_version",
            "state",
            "refusal",
            "message",
            "process_id",
            "amount_minor",
            "body",
            "plan_digest",
        ),
        [
            (
                fact.cause.opco,
                fact.request_id,
                item.ordinal,
                item.account_id,
                item.account_version,
                item.state,
                item.refusal,
                item.message,
                item.process_id,
                item.amount,
                item.body,
                item.plan_digest,
            )
            for fact in facts
            for item in fact.items
        ],
    )
    approvals_opened(tx, facts)
    tx.update(
        attempts,
        ("opco", "attempt_id"),
        ("decided",),
        [
            (fact.cause.opco, fact.request_id.removeprefix(_PREFIX), True)
            for fact in facts
            if fact.cause.origin == "repossession-failed"
        ],
    )


def items_decided(tx: Transaction, facts: Sequence[ItemDecided]) -> None:
    """Write down what became of items."""
    tx.update(
        request_items,
        ("opco", "request_id", "ordinal"),
        ("state", "refusal", "message", "process_id", "amount_minor", "plan_digest"),
        [
            (
                fact.cause.opco,
                fact.request_id,
                fact.ordinal,
                fact.state,
                fact.refusal,
                fact.message,
                fact.process_id,
                fact.amount,
                fact.plan_digest,
            )
            for fact in facts
        ],
    )


def items_compared(tx: Transaction, facts: Sequence[ItemsCompared]) -> None:
    """Keep the digest of each account that was compared, and how far the comparison is (R4)."""
    tx.update(
        request_items,
        ("opco", "request_id", "ordinal"),
        ("plan_digest",),
        [
            (fact.cause.opco, fact.request_id, ordinal, digest)
            for fact in facts
            for ordinal, digest in fact.digests
        ],
    )
    tx.update(
        requests,
        ("opco", "request_id"),
        ("plan_checked",),
        [(fact.cause.opco, fact.request_id, fact.checked) for fact in facts],
    )


def items_refused(tx: Transaction, facts: Sequence[ItemsRefused]) -> None:
    """Refuse what had not been decided of each request; whoever decides holds the request's row (R3)."""
    for fact in facts:
        mine = (request_items.c.opco == fact.cause.opco, request_items.c.request_id == fact.request_id)
        undecided = request_items.c.state.in_(("pending", "waiting", "awaiting"))
        tx.execute(
            update(request_items)
            .where(*mine, undecided)
            .values(state="refused", refusal=fact.refusal, message=fact.message, amount_minor=None)
        )
        clear_item_timers(tx, fact.cause.opco, fact.request_id)
        tx.execute(
            update(approvals)
            .where(
                approvals.c.opco == fact.cause.opco,
                approvals.c.request_id == fact.request_id,
                approvals.c.state.in_(("checking", "awaiting")),
            )
            .values(state="not-needed", total_minor=func.coalesce(approvals.c.total_minor, 0))
        )
        tx.execute(
            update(requests)
            .where(requests.c.opco == fact.cause.opco, requests.c.request_id == fact.request_id)
            .values(plan_checked=None)
        )


def requests_answered(tx: Transaction, facts: Sequence[RequestAnswered]) -> None:
    """Remember the revision of the last answer; a request that was refused as such has no row.

    A decision is answered too, and names the request that it decided (R5).
    """
    latest = {
        (fact.cause.opco, fact.request_id): fact.revision
        for fact in facts
        if not fact.at_once and fact.command in _REQUESTING and fact.refusal in _STILL_THERE
    }
    tx.update(
        requests,
        ("opco", "request_id"),
        ("revision",),
        [(*key, revision) for key, revision in latest.items()],
    )
