"""What arrived, and what goes out; bodies by month on PostgreSQL."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
)

from store.migrations.compression import compress_by_lz4
from store.tables.types import Id, Key, Timestamp, partial_index

revision = "0005"
down_revision = "0004"

#: A row lives for milliseconds, so that dead rows are counted by the thousand, never as a share of the few
#: that live. The claim walks the index from its left end, where the dead ones lie.
_SHORT_LIVED = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 5000,
    "autovacuum_vacuum_cost_delay": 0,
}
#: A few rows, updated all the time and never in an indexed column: room on the page keeps updates heap-only.
_UPDATED_IN_PLACE = {"fillfactor": 50}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "inbox",
        Column("source", Key, primary_key=True),
        Column("id", Key, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("type", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("queue", Text, nullable=False),
        Column("account_id", Key),
        Column("received_on", Date, nullable=False),
        Column("received_at", Timestamp, nullable=False),
        Column("decided_at", Timestamp),
        Column("refusal", Text),
        Column("publisher", Text),
        Column("verdict", Text, nullable=False),
        Column("key_id", Text),
        Column("policy_digest", Text),
        Column("traceparent", Text),
        Column("tracestate", Text),
        CheckConstraint("state IN ('done', 'waiting', 'refused')", name="state"),
        partial_index(
            "ix_inbox_waiting",
            "opco",
            "account_id",
            where="state = 'waiting'",
        ),
    )
    op.create_table(
        "inbox_body",
        Column("received_on", Date, primary_key=True),
        Column("source", Key, primary_key=True),
        Column("id", Key, primary_key=True),
        Column("body", LargeBinary, nullable=False),
        Column("content_type", Text),
        Column("headers", Text, nullable=False),
        Column("properties", Text, nullable=False),
        postgresql_partition_by="RANGE (received_on)",
    )
    _prepare_partitions("inbox_body")
    op.create_table(
        "business_keys",
        Column("opco", Key, primary_key=True),
        Column("kind", Key, primary_key=True),
        Column("key", Key, primary_key=True),
        Column("source", Key, nullable=False),
        Column("id", Key, nullable=False),
    )
    op.create_table(
        "dead_letters",
        Column("queue", Key, primary_key=True),
        Column("sha256", Key, primary_key=True),
        Column("dead_letter_id", Id, nullable=False, unique=True),
        Column("reason", Text, nullable=False),
        Column("path", Text),
        Column("problem", Text, nullable=False),
        Column("size", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("content_type", Text),
        Column("headers", Text, nullable=False),
        Column("properties", Text, nullable=False),
        Column("first_seen", Timestamp, nullable=False),
        Column("last_seen", Timestamp, nullable=False),
        Column("count", Integer, nullable=False),
        CheckConstraint("count > 0", name="count"),
        Index("ix_dead_letters_last_seen", "last_seen", "dead_letter_id"),
    )
    op.create_table(
        "suspects",
        Column("queue", Key, primary_key=True),
        Column("sha256", Key, primary_key=True),
        Column("tries", Integer, nullable=False),
        Column("seen_at", Timestamp, nullable=False),
        CheckConstraint("tries > 0", name="tries"),
    )
    op.create_table(
        "messages_out",
        Column("created_on", Date, primary_key=True),
        Column("message_id", Id, primary_key=True),
        Column("destination", Key, nullable=False),
        Column("type", Text, nullable=False),
        Column("opco", Key),
        Column("account_id", Key),
        Column("process_id", Id),
        Column("correlation_id", Text),
        Column("causation_id", Text),
        Column("created_at", Timestamp, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("body", Text, nullable=False),
        Index("ix_messages_out_process", "process_id"),
        postgresql_partition_by="RANGE (created_on)",
    )
    _prepare_partitions("messages_out")
    op.create_table(
        "outbox",
        Column(
            "position",
            BigInteger().with_variant(Integer, "sqlite"),
            Identity(always=False),
            primary_key=True,
            autoincrement=True,
        ),
        Column("destination", Key, nullable=False),
        Column("message_id", Id, nullable=False),
        Column("created_on", Date, nullable=False),
        Index("ix_outbox_destination", "destination", "position"),
        postgresql_with=_SHORT_LIVED,
    )
    op.create_table(
        "destinations",
        Column("destination", Key, primary_key=True),
        Column("token", Id),
        Column("leased_until", Timestamp),
        Column("retry_at", Timestamp),
        Column("failures", Integer, nullable=False),
        Column("last_error", Text),
        postgresql_with=_UPDATED_IN_PLACE,
    )


def _prepare_partitions(table: str) -> None:
    """Catch what has no month yet. Months take the columns' compression from their parent."""
    compress_by_lz4(table, "body")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
