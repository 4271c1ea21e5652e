"""Journals with their lines, buckets, write-off agreements."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Text

from store.migrations.compression import compress_by_lz4
from store.tables.types import Id, Key, Minor, Timestamp

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "journals",
        Column("journal_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("account_id", Key, nullable=False),
        Column("process_id", Id),
        Column("request_id", Text),
        Column("event_sequence", Integer),
        Column("leg", Key, nullable=False),
        Column("kind", Text, nullable=False),
        Column("disposition", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("fulfilment_centre", Text, nullable=False),
        Column("transaction_date", Date, nullable=False),
        Column("posting_date", Date, nullable=False),
        Column("moved_from_period", Text),
        Column("currency", Text, nullable=False),
        Column("total_debit_minor", Minor, nullable=False),
        Column("total_credit_minor", Minor, nullable=False),
        Column("reverses_journal_id", Id, unique=True),
        Column("payment_id", Text),
        Column("policy_digest", Text, nullable=False),
        Column("basis", Text, nullable=False),
        Column("correlation_id", Text, nullable=False),
        Column("causation_id", Text, nullable=False),
        Column("posted_at", Timestamp, nullable=False),
        Column("actor", Text, nullable=False),
        CheckConstraint("total_debit_minor = total_credit_minor AND total_debit_minor > 0", name="balance"),
        CheckConstraint(
            "kind IN ('write-off', 'repossession', 'write-down', 'recovery', 'reversal')", name="kind"
        ),
        Index("uq_journals_cause", "process_id", "event_sequence", "leg", unique=True),
        Index("ix_journals_account", "opco", "account_id"),
    )
    compress_by_lz4("journals", "basis")
    op.create_table(
        "journal_lines",
        Column("journal_id", Id, primary_key=True),
        Column("line", Integer, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("side", Text, nullable=False),
        Column("gl_account", Text, nullable=False),
        Column("distribution_code", Text, nullable=False),
        Column("amount_minor", Minor, nullable=False),
        Column("sa_id", Text),
        Column("claimable_from", Date),
        Column("claimable_until", Date),
        Column("repay_by", Date),
        Column("sources", Text, nullable=False),
        CheckConstraint("side IN ('debit', 'credit')", name="side"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )
    op.create_table(
        "buckets",
        Column("bucket_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("account_id", Key, nullable=False),
        Column("process_id", Id, nullable=False),
        Column("from_sa_id", Text, nullable=False),
        Column("write_off_sa_id", Text, nullable=False),
        Column("write_off_sa_type", Text, nullable=False),
        Column("distribution_code", Text, nullable=False),
        Column("accounting_date", Date),
        Column("gl_account", Text, nullable=False),
        Column("treatment", Text, nullable=False),
        Column("written_off_minor", Minor, nullable=False),
        Column("held_minor", Minor, nullable=False),
        CheckConstraint("held_minor >= 0 AND held_minor <= written_off_minor", name="held"),
        Index("ix_buckets_process", "process_id"),
    )
    op.create_table(
        "write_off_agreements",
        Column("opco", Key, primary_key=True),
        Column("account_id", Key, primary_key=True),
        Column("sa_type", Key, primary_key=True),
        Column("sa_id", Text, nullable=False),
        Column("opened_on", Date, nullable=False),
    )
