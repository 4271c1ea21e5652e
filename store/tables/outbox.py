"""What goes out: every message for ever, and a narrow list of those not yet confirmed."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from store.tables.types import Id, Key, Timestamp, metadata

#: Append-only; exact bodies, so that what is published again is the same to the byte. By month on PostgreSQL.
#: After years the body goes (`store.cleaning.retention`); the row stays.
messages_out = Table(
    "messages_out",
    metadata,
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
    Column("body", Text),
    # What seals are over is kept for ever; of the rest the text goes after the years that are configured.
    CheckConstraint("body IS NOT NULL OR destination <> 'gl'", name="body"),
    Index("ix_messages_out_process", "process_id"),
    postgresql_partition_by="RANGE (created_on)",
)

#: A row a message that the broker has not confirmed. Published = not here.
outbox = Table(
    "outbox",
    metadata,
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
)

#: A relay leases a destination by its token; one that refuses backs off alone.
destinations = Table(
    "destinations",
    metadata,
    Column("destination", Key, primary_key=True),
    Column("token", Id),
    Column("leased_until", Timestamp),
    Column("retry_at", Timestamp),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
)
