"""Which processes were reversed, by which command: each once (R25)."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Table, Text

from store.tables.types import Id, Key, Minor, Timestamp, metadata

#: `amount_minor` is what was owed again; a second command is answered with it.
reversals = Table(
    "reversals",
    metadata,
    Column("process_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("account_id", Key, nullable=False),
    Column("request_id", Key, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reversed_on", Date, nullable=False),
    Column("amount_minor", Minor, nullable=False),
    Column("recoveries_kept_minor", Minor, nullable=False),
    Column("currency", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("causation_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reversed_at", Timestamp, nullable=False),
    CheckConstraint("amount_minor >= 0 AND recoveries_kept_minor >= 0", name="amounts"),
    Index("ix_reversals_request", "opco", "request_id"),
    Index("ix_reversals_day", "opco", "reversed_on"),
)
