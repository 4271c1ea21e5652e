"""What steers the roles: opcos and their business date, policies, leases, fences, timers, pauses."""

from sqlalchemy import CheckConstraint, Column, Date, Index, LargeBinary, Table, Text

from store.tables.types import Id, Key, Timestamp, metadata

#: One row an opco: its current policy, its business date where one is set, and the lock of its periods.
opcos = Table(
    "opcos",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("policy_digest", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("business_date", Date),
    Column("updated_at", Timestamp, nullable=False),
)

#: Every policy version that was ever in force; a process keeps the one it began with.
policies = Table(
    "policies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", Timestamp, nullable=False),
)

#: Accounting periods that were closed, as `2026-11`, the earliest of which begins the books (R22). One that
#: was opened again keeps its row; later ones without a row are open. Locked by the opco's row.
periods = Table(
    "periods",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("period", Key, primary_key=True),
    Column("closed_at", Timestamp, nullable=False),
    Column("actor", Text, nullable=False),
    Column("opened_at", Timestamp),
    Column("opened_by", Text),
)

#: One holder at a time, by the database clock. The token fences a holder that has lost it.
leases = Table(
    "leases",
    metadata,
    Column("name", Key, primary_key=True),
    Column("token", Id, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
)

#: A set that some worker is executing. Its transaction deletes exactly this row, or rolls back.
running = Table(
    "running",
    metadata,
    Column("token", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("event_ids", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("started_at", Timestamp, nullable=False),
)

paused_kinds = Table(
    "paused_kinds",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("paused_at", Timestamp, nullable=False),
)

#: What must happen later: by business date (`due_on`) or by the database clock (`due_at`), never both.
timers = Table(
    "timers",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("account_id", Key, nullable=False),
    Column("due_on", Date),
    Column("due_at", Timestamp),
    Column("set_at", Timestamp, nullable=False),
    CheckConstraint("(due_on IS NULL) <> (due_at IS NULL)", name="one_clock"),
    Index("ix_timers_due_on", "opco", "due_on"),
    Index("ix_timers_due_at", "due_at"),
    Index("ix_timers_account", "opco", "account_id"),
)
