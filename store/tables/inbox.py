"""What arrived: identities, exact bytes, business keys, dead letters."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, LargeBinary, Table, Text

from store.tables.types import Id, Key, State, Timestamp, metadata, partial_index

#: One row an identity (source, id). Narrow and unpartitioned, kept 400 days; bodies are beside it.
inbox = Table(
    "inbox",
    metadata,
    Column("source", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", State, nullable=False),
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
    # In the order of arrival: a few pages on PostgreSQL, for whoever looks for what is old.
    Index("ix_inbox_received_on", "received_on", postgresql_using="brin"),
    partial_index(
        "ix_inbox_waiting",
        "opco",
        "account_id",
        where="state = 'waiting'",
    ),
)

#: Exact bytes and properties of every journaled message; partitioned by month on PostgreSQL.
inbox_body = Table(
    "inbox_body",
    metadata,
    Column("received_on", Date, primary_key=True),
    Column("source", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("content_type", Text),
    Column("headers", Text, nullable=False),
    Column("properties", Text, nullable=False),
    postgresql_partition_by="RANGE (received_on)",
)

#: The business keys of R12: the first message that carried each.
business_keys = Table(
    "business_keys",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("source", Key, nullable=False),
    Column("id", Key, nullable=False),
)

#: What could not be understood or trusted, by (queue, SHA-256 of the bytes), with its exact bytes. `type` and
#: `opco` are what it says of itself, where that can be read. `acted_*` is the last that an operator did about
#: it, with the id of the command and how often it had come by then; `became_*` the message it is now. Years
#: after that body, headers and properties go (`store.cleaning`): the body is shorter than `size` then.
dead_letters = Table(
    "dead_letters",
    metadata,
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
    Column("type", Text),
    Column("opco", Text),
    Column("state", State, nullable=False, server_default="open"),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("acted_by", Text),
    Column("acted_id", Text),
    Column("acted_at", Timestamp),
    Column("acted_count", Integer, nullable=False, server_default="0"),
    Column("note", Text),
    Column("became_source", Text),
    Column("became_id", Text),
    CheckConstraint("count > 0", name="count"),
    CheckConstraint("state IN ('open', 'retried', 'edited', 'discarded')", name="state"),
    CheckConstraint("(revision = 0) = (state = 'open')", name="revision"),
    CheckConstraint(
        "(state = 'open') = (acted_at IS NULL) AND (state = 'open') = (acted_by IS NULL)", name="acted"
    ),
    CheckConstraint("state NOT IN ('retried', 'edited') OR became_id IS NOT NULL", name="became"),
    Index("ix_dead_letters_last_seen", "last_seen", "dead_letter_id"),
)

#: Deliveries that came again, while they are looked at: what brings intake down is found by its count.
suspects = Table(
    "suspects",
    metadata,
    Column("queue", Key, primary_key=True),
    Column("sha256", Key, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("seen_at", Timestamp, nullable=False),
    CheckConstraint("tries > 0", name="tries"),
)
