"""Plans, and bulk requests that can be stopped."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Text

from store.tables.types import Key, Timestamp

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables; a request remembers the plan that it holds to."""
    op.create_table(
        "plans",
        Column("opco", Key, primary_key=True),
        Column("plan_digest", Key, primary_key=True),
        Column("policy_digest", Text, nullable=False),
        Column("accounts", Integer, nullable=False),
        Column("actor", Text, nullable=False),
        Column("made_at", Timestamp, nullable=False),
        CheckConstraint("accounts >= 0", name="accounts"),
    )
    op.create_index("ix_plans_made_at", "plans", ["opco", "made_at"])
    op.create_table(
        "plan_parts",
        Column("opco", Key, primary_key=True),
        Column("plan_digest", Key, primary_key=True),
        Column("part", Integer, primary_key=True),
        Column("body", LargeBinary, nullable=False),
    )
    op.create_table(
        "paused_requests",
        Column("opco", Key, primary_key=True),
        Column("request_id", Key, primary_key=True),
        Column("reason", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("paused_at", Timestamp, nullable=False),
    )
    with op.batch_alter_table("requests") as requests:
        requests.add_column(Column("plan_digest", Text))
        requests.add_column(Column("plan_checked", Integer))
        requests.create_check_constraint("plan_checked", "plan_checked IS NULL OR plan_digest IS NOT NULL")
    op.add_column("request_items", Column("plan_digest", Text))
    op.add_column("todos", Column("request_id", Text))
