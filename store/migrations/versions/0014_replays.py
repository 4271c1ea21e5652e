"""Replays, with when what was published in an hour had been written; months that have been cleaned up."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Text

from store.tables.types import Id, Key, Timestamp, partial_index

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables; bodies may go."""
    op.create_table(
        "replays",
        Column("replay_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("since", Timestamp, nullable=False),
        Column("destination", Key),
        Column("without_opco", Boolean, nullable=False),
        Column("actor", Text, nullable=False),
        Column("ordered_at", Timestamp, nullable=False),
        Column("reached_at", Timestamp),
        Column("reached_id", Id),
        Column("listed", BigInteger, nullable=False),
        Column("finished_at", Timestamp),
        CheckConstraint("listed >= 0", name="listed"),
        CheckConstraint("(reached_at IS NULL) = (reached_id IS NULL)", name="reached"),
        partial_index("ix_replays_open", "ordered_at", "replay_id", where="finished_at IS NULL"),
    )
    op.create_table(
        "publications",
        Column("destination", Key, primary_key=True),
        Column("hour", Timestamp, primary_key=True),
        Column("oldest_at", Timestamp, nullable=False),
    )
    op.create_table(
        "retired",
        Column("table_name", Key, primary_key=True),
        Column("first", Date, primary_key=True),
        Column("next_first", Date, nullable=False),
        Column("rows", BigInteger, nullable=False),
        Column("begun_at", Timestamp, nullable=False),
        Column("finished_at", Timestamp),
        CheckConstraint("rows >= 0", name="rows"),
        CheckConstraint("next_first > first", name="month"),
    )
    op.create_index("ix_inbox_received_on", "inbox", ["received_on"], postgresql_using="brin")
    postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("messages_out", recreate="never" if postgresql else "always") as messages:
        messages.alter_column("body", nullable=True)
        messages.create_check_constraint("body", "body IS NOT NULL OR destination <> 'gl'")
