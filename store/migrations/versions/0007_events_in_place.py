"""Events are completed in place: room in their pages, and no index that looks at the status of all."""

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Index what went wrong by its reason, which an event that completes never has."""
    op.drop_index("ix_events_failed", table_name="events")
    where = text("reason IS NOT NULL")
    op.create_index(
        "ix_events_failed", "events", ["process_id", "sequence"], postgresql_where=where, sqlite_where=where
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE events SET (fillfactor = 60)")
