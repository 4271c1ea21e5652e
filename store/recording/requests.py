"""Facts about requests and their items."""

from collections.abc import Sequence

from store.tables import attempts, request_items, requests
from store.transaction import Transaction
from writeoff.facts import ItemDecided, RequestAnswered, RequestOpened

_PREFIX = "AUTO-"


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
            )
            for fact in facts
            for item in fact.items
        ],
    )
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
        ("state", "refusal", "message", "process_id", "amount_minor"),
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
            )
            for fact in facts
        ],
    )


def requests_answered(tx: Transaction, facts: Sequence[RequestAnswered]) -> None:
    """Remember the revision of the last answer; a request that was refused as such has no row."""
    latest = {(fact.cause.opco, fact.request_id): fact.revision for fact in facts if fact.refusal is None}
    tx.update(
        requests,
        ("opco", "request_id"),
        ("revision",),
        [(*key, revision) for key, revision in latest.items()],
    )
