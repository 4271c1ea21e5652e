"""The ledger: journals and lines that are only ever appended, buckets, write-off agreements."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Table, Text

from store.tables.types import Id, Key, Minor, Timestamp, metadata, partial_index

journals = Table(
    "journals",
    metadata,
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
    # In the order of posting: a few pages on PostgreSQL, for reports over a month.
    Index("ix_journals_posting_date", "posting_date", postgresql_using="brin"),
)

journal_lines = Table(
    "journal_lines",
    metadata,
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

#: What write-off agreements hold, by what it came from. Never below zero, never more than was written off.
buckets = Table(
    "buckets",
    metadata,
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
    Column("claimed_minor", Minor, nullable=False, server_default="0"),
    Column("position", Integer, nullable=False, server_default="0"),
    CheckConstraint("held_minor >= 0 AND held_minor <= written_off_minor", name="held"),
    CheckConstraint("claimed_minor >= 0 AND claimed_minor <= held_minor", name="claimed"),
    Index("ix_buckets_process", "process_id"),
    # Tax whose relief may be claimed: where an opco has none, or claims at once, a list of nothing.
    partial_index(
        "ix_buckets_pending_claim",
        "opco",
        "distribution_code",
        "accounting_date",
        where="treatment = 'pending-claim'",
    ),
)

#: What recoveries and reversals took out of buckets (below zero) or put back: with them, what a bucket holds
#: is what was written off (R24, R25). Only ever appended.
bucket_movements = Table(
    "bucket_movements",
    metadata,
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

#: Relief of tax that was claimed from the tax office, bucket by bucket (R24). Only ever appended.
tax_claims = Table(
    "tax_claims",
    metadata,
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

#: One write-off agreement an account and type, for ever (R19).
write_off_agreements = Table(
    "write_off_agreements",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("account_id", Key, primary_key=True),
    Column("sa_type", Key, primary_key=True),
    Column("sa_id", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
)
