"""Payments after a write-off, recoveries, tax claims."""

from alembic import op
from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Text, false

from store.tables.types import Id, Key, Minor, Timestamp

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables; buckets learn what was claimed of them, and their order."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("buckets", recreate="never" if postgresql else "always") as table:
        table.add_column(Column("claimed_minor", Minor, nullable=False, server_default="0"))
        table.add_column(Column("position", Integer, nullable=False, server_default="0"))
        table.create_check_constraint("claimed", "claimed_minor >= 0 AND claimed_minor <= held_minor")
    with op.batch_alter_table("payments", recreate="never" if postgresql else "always") as table:
        table.add_column(
            Column(
                "after_write_off",
                Boolean(create_constraint=False),
                nullable=False,
                server_default=false(),
            )
        )
        table.add_column(Column("collected_by", Text))
    op.create_table(
        "bucket_movements",
        Column("journal_id", Id, primary_key=True),
        Column("bucket_id", Id, primary_key=True),
        Column("claimed", Boolean(create_constraint=False), primary_key=True),
        Column("opco", Key, nullable=False),
        Column("process_id", Id, nullable=False),
        Column("amount_minor", Minor, nullable=False),
        Column("gl_account", Text, nullable=False),
        Column("distribution_code", Text, nullable=False),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_bucket_movements_process", "process_id"),
    )
    op.create_table(
        "payment_cancellations",
        Column("opco", Key, primary_key=True),
        Column("payment_id", Key, primary_key=True),
        Column("account_id", Key, nullable=False),
        Column("canceled_at", Timestamp, nullable=False),
        Column("reason", Text, nullable=False),
        Column("recorded_at", Timestamp, nullable=False),
        Index("ix_payment_cancellations_account", "opco", "account_id"),
    )
    op.create_table(
        "tax_claims",
        Column("claim_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("reference", Text, nullable=False),
        Column("account_id", Key, nullable=False),
        Column("process_id", Id, nullable=False),
        Column("bucket_id", Id, nullable=False),
        Column("distribution_code", Text, nullable=False),
        Column("accounting_date", Date, nullable=False),
        Column("claimed_on", Date, nullable=False),
        Column("amount_minor", Minor, nullable=False),
        Column("actor", Text, nullable=False),
        Column("recorded_at", Timestamp, nullable=False),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_tax_claims_account", "opco", "account_id"),
    )
