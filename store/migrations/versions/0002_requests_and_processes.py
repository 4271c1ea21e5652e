"""Requests with their items, processes with their events."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, LargeBinary, Text

from store.tables.types import Id, Key, Minor, Timestamp, partial_index

revision = "0002"
down_revision = "0001"

#: Each event leaves the partial index of what is due, and its dead entry is what the next claim steps over.
#: A fifth of a table that is kept for years (the default) would be millions of them.
_LEAVES_AN_INDEX = {"autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_threshold": 10_000}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "requests",
        Column("opco", Key, primary_key=True),
        Column("request_id", Key, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("disposition", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("comments", Text),
        Column("origin", Text, nullable=False),
        Column("bulk", Boolean(create_constraint=False), nullable=False),
        Column("command", Text, nullable=False),
        Column("answers_message_id", Text, nullable=False),
        Column("requested_by", Text, nullable=False),
        Column("roles", Text, nullable=False),
        Column("currency", Text, nullable=False),
        Column("policy_digest", Text, nullable=False),
        Column("correlation_id", Text, nullable=False),
        Column("causation_id", Text, nullable=False),
        Column("traceparent", Text),
        Column("tracestate", Text),
        Column("revision", Integer, nullable=False),
        Column("received_on", Date, nullable=False),
        Column("received_at", Timestamp, nullable=False),
        Column("actor", Text, nullable=False),
    )
    op.create_table(
        "request_items",
        Column("opco", Key, primary_key=True),
        Column("request_id", Key, primary_key=True),
        Column("ordinal", Integer, primary_key=True),
        Column("account_id", Key, nullable=False),
        Column("account_version", BigInteger),
        Column("state", Text, nullable=False),
        Column("refusal", Text),
        Column("message", Text),
        Column("process_id", Id),
        Column("amount_minor", Minor),
        Column("body", LargeBinary),
        CheckConstraint("state IN ('pending', 'waiting', 'accepted', 'refused')", name="state"),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal"),
        partial_index(
            "ix_request_items_pending",
            "opco",
            "request_id",
            "ordinal",
            where="state = 'pending'",
        ),
        partial_index(
            "ix_request_items_waiting",
            "opco",
            "account_id",
            where="state = 'waiting'",
        ),
        postgresql_with=_LEAVES_AN_INDEX,
    )
    op.create_table(
        "processes",
        Column("process_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("account_id", Key, nullable=False),
        Column("request_id", Key, nullable=False),
        Column("origin", Text, nullable=False),
        Column("bulk", Boolean(create_constraint=False), nullable=False),
        Column("disposition", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("comments", Text),
        Column("template", Text, nullable=False),
        Column("policy_digest", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("end_reason", Text),
        Column("created_on", Date, nullable=False),
        Column("created_at", Timestamp, nullable=False),
        Column("ended_on", Date),
        Column("currency", Text, nullable=False),
        Column("amount_minor", Minor, nullable=False),
        Column("agreements", Text, nullable=False),
        Column("returned", Text, nullable=False),
        Column("correlation_id", Text, nullable=False),
        Column("causation_id", Text, nullable=False),
        Column("traceparent", Text),
        Column("tracestate", Text),
        Column("actor", Text, nullable=False),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("status IN ('active', 'inactive')", name="status"),
        CheckConstraint("(status = 'active') = (end_reason IS NULL)", name="end_reason"),
        CheckConstraint("(end_reason IS NULL) = (ended_on IS NULL)", name="ended_on"),
        partial_index(
            "uq_processes_active",
            "opco",
            "account_id",
            unique=True,
            where="status = 'active'",
        ),
        Index("ix_processes_account", "opco", "account_id"),
        Index("ix_processes_request", "opco", "request_id"),
    )
    op.create_table(
        "events",
        Column("process_id", Id, primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("account_id", Key, nullable=False),
        Column("request_id", Key, nullable=False),
        Column("kind", Key, nullable=False),
        Column("event_type", Text, nullable=False),
        Column("trigger_date", Date, nullable=False),
        Column("after", Text, nullable=False),
        Column("due_on", Date),
        Column("status", Text, nullable=False),
        Column("amount_minor", Minor),
        Column("completed_on", Date),
        Column("attempts", Integer, nullable=False),
        Column("reason", Text),
        Column("detail", Text),
        Column("actor", Text),
        CheckConstraint("status IN ('pending', 'complete', 'canceled', 'failed')", name="status"),
        CheckConstraint("due_on IS NULL OR status = 'pending'", name="due_on"),
        CheckConstraint("(status = 'complete') = (completed_on IS NOT NULL)", name="completed_on"),
        CheckConstraint("amount_minor IS NULL OR amount_minor >= 0", name="amount"),
        partial_index(
            "ix_events_due",
            "opco",
            "kind",
            "due_on",
            "process_id",
            where="due_on IS NOT NULL",
        ),
        partial_index("ix_events_failed", "process_id", "sequence", where="status = 'failed'"),
        postgresql_with=_LEAVES_AN_INDEX,
    )
