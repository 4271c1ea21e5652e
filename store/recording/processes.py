"""Facts about processes and their events."""

from collections.abc import Sequence

import msgspec

from store.engine.transaction import Transaction
from store.tables import events, processes
from writeoff.facts import (
    AgreementsLeft,
    EventCanceled,
    EventCompleted,
    EventDue,
    EventFailed,
    EventResumed,
    EventSuspended,
    ProcessEnded,
    ProcessStarted,
)


def processes_started(tx: Transaction, facts: Sequence[ProcessStarted]) -> None:
    """Append processes with their events."""
    tx.insert(
        processes,
        (
            "process_id",
            "opco",
            "account_id",
            "request_id",
            "origin",
            "bulk",
            "disposition",
            "reason",
            "comments",
            "template",
            "policy_digest",
            "status",
            "created_on",
            "created_at",
            "currency",
            "amount_minor",
            "agreements",
            "returned",
            "correlation_id",
            "causation_id",
            "traceparent",
            "tracestate",
            "actor",
            "approved_minor",
        ),
        [
            (
                each.process_id,
                each.opco,
                each.account_id,
                each.request_id,
                each.origin,
                each.bulk,
                each.disposition,
                each.reason,
                each.comments,
                each.template,
                each.policy_digest,
                each.status,
                each.created_on,
                fact.cause.at,
                each.currency,
                each.amount,
                msgspec.json.encode(each.agreements).decode(),
                msgspec.json.encode(each.returned).decode(),
                each.correlation_id,
                each.causation_id,
                each.traceparent,
                each.tracestate,
                fact.cause.actor,
                each.approved,
            )
            for fact in facts
            for each in (fact.process,)
        ],
    )
    tx.insert(
        events,
        (
            "process_id",
            "sequence",
            "opco",
            "account_id",
            "request_id",
            "kind",
            "event_type",
            "trigger_date",
            "after",
            "due_on",
            "status",
            "attempts",
        ),
        [
            (
                process.process_id,
                event.sequence,
                process.opco,
                process.account_id,
                process.request_id,
                event.kind,
                event.event_type,
                event.trigger_date,
                msgspec.json.encode(event.after).decode(),
                event.due_on,
                event.status,
                event.attempts,
            )
            for process in (fact.process for fact in facts)
            for event in process.events
        ],
    )


def agreements_left(tx: Transaction, facts: Sequence[AgreementsLeft]) -> None:
    """Write down which agreements have left their process."""
    tx.update(
        processes,
        ("process_id",),
        ("agreements",),
        [(fact.cause.process_id, msgspec.json.encode(fact.agreements).decode()) for fact in facts],
    )


def events_completed(tx: Transaction, facts: Sequence[EventCompleted]) -> None:
    """Close events that were executed."""
    tx.update(
        events,
        ("process_id", "sequence"),
        ("status", "due_on", "completed_on", "amount_minor", "actor"),
        [
            (
                fact.cause.process_id,
                fact.sequence,
                "complete",
                None,
                fact.cause.on,
                fact.amount,
                fact.cause.actor,
            )
            for fact in facts
        ],
    )


def events_canceled(tx: Transaction, facts: Sequence[EventCanceled]) -> None:
    """Close events that will never run."""
    tx.update(
        events,
        ("process_id", "sequence"),
        ("status", "due_on", "reason", "actor"),
        [
            (fact.cause.process_id, fact.sequence, "canceled", None, fact.reason, fact.cause.actor)
            for fact in facts
        ],
    )


def events_failed(tx: Transaction, facts: Sequence[EventFailed]) -> None:
    """Mark events that cannot be executed as things are."""
    tx.update(
        events,
        ("process_id", "sequence"),
        ("status", "due_on", "reason", "detail", "actor"),
        [
            (
                fact.cause.process_id,
                fact.sequence,
                "failed",
                None,
                fact.reason,
                fact.detail,
                fact.cause.actor,
            )
            for fact in facts
        ],
    )


def events_due(tx: Transaction, facts: Sequence[EventDue]) -> None:
    """Give events the business date from which they may run."""
    tx.update(
        events,
        ("process_id", "sequence"),
        ("due_on",),
        [(fact.cause.process_id, fact.sequence, fact.due_on) for fact in facts],
    )


def events_suspended(tx: Transaction, facts: Sequence[EventSuspended]) -> None:
    """Take the due date from events that wait for something that is no date."""
    tx.update(
        events,
        ("process_id", "sequence"),
        ("due_on", "reason"),
        [(fact.cause.process_id, fact.sequence, None, fact.reason) for fact in facts],
    )


def events_resumed(tx: Transaction, facts: Sequence[EventResumed]) -> None:
    """Let events run whose wait is over, or that are retried after they failed."""
    tx.update(
        events,
        ("process_id", "sequence"),
        ("status", "due_on", "reason", "detail", "attempts"),
        [
            (fact.cause.process_id, fact.sequence, "pending", fact.due_on, fact.reason, None, fact.attempts)
            for fact in facts
        ],
    )


def processes_ended(tx: Transaction, facts: Sequence[ProcessEnded]) -> None:
    """End processes."""
    tx.update(
        processes,
        ("process_id",),
        ("status", "end_reason", "ended_on"),
        [(fact.cause.process_id, "inactive", fact.end_reason, fact.ended_on) for fact in facts],
    )
