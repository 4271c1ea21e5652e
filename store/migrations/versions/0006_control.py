"""Opcos, policies, periods, leases, fences, pauses, timers."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Date, Index, LargeBinary, Text

from store.tables.types import Id, Key, Timestamp

revision = "0006"
down_revision = "0005"

#: One row a set, gone with it; the list of its events is long enough to lie in the TOAST table.
_SHORT_LIVED = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 500,
    "toast.autovacuum_vacuum_scale_factor": 0,
    "toast.autovacuum_vacuum_threshold": 5000,
}
#: One row, renewed every few seconds, never in an indexed column.
_UPDATED_IN_PLACE = {"fillfactor": 50}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "opcos",
        Column("opco", Key, primary_key=True),
        Column("policy_digest", Text, nullable=False),
        Column("time_zone", Text, nullable=False),
        Column("business_date", Date),
        Column("updated_at", Timestamp, nullable=False),
    )
    op.create_table(
        "policies",
        Column("digest", Text, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("stored_at", Timestamp, nullable=False),
    )
    op.create_table(
        "periods",
        Column("opco", Key, primary_key=True),
        Column("period", Key, primary_key=True),
        Column("closed_at", Timestamp, nullable=False),
        Column("actor", Text, nullable=False),
    )
    op.create_table(
        "leases",
        Column("name", Key, primary_key=True),
        Column("token", Id, nullable=False),
        Column("holder", Text, nullable=False),
        Column("expires_at", Timestamp, nullable=False),
        postgresql_with=_UPDATED_IN_PLACE,
    )
    op.create_table(
        "running",
        Column("token", Id, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("event_ids", Text, nullable=False),
        Column("worker", Text, nullable=False),
        Column("started_at", Timestamp, nullable=False),
        postgresql_with=_SHORT_LIVED,
    )
    op.create_table(
        "paused_kinds",
        Column("kind", Key, primary_key=True),
        Column("reason", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("paused_at", Timestamp, nullable=False),
    )
    op.create_table(
        "timers",
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
