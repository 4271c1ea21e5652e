"""Indexes for lists: accounts by their time in default, tax that may be claimed."""

from alembic import op
from sqlalchemy import text

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """The longest in default first; buckets that wait for a claim."""
    op.drop_index("ix_accounts_in_default", table_name="accounts")
    default = text("defaulted_on IS NOT NULL AND locked_by IS NULL")
    op.create_index(
        "ix_accounts_in_default",
        "accounts",
        ["opco", "defaulted_on", "account_id"],
        postgresql_where=default,
        sqlite_where=default,
    )
    pending = text("treatment = 'pending-claim'")
    op.create_index(
        "ix_buckets_pending_claim",
        "buckets",
        ["opco", "distribution_code", "accounting_date"],
        postgresql_where=pending,
        sqlite_where=pending,
    )
