"""Accounts, their snapshots and persons, attempts, payments."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Integer, Text

from store.migrations.compression import compress_by_lz4
from store.tables.types import Id, Key, Minor, Timestamp

revision = "0001"
down_revision = None

#: Every decision updates its account, in columns that no index has: room on the page keeps that heap-only.
_UPDATED_IN_PLACE = {"fillfactor": 80}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accounts",
        Column("opco", Key, primary_key=True),
        Column("account_id", Key, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("as_of", Timestamp, nullable=False),
        Column("state", Text, nullable=False),
        Column("currency", Text, nullable=False),
        Column("defaulted_on", Date),
        Column("standing", Text, nullable=False),
        Column("locked_by", Id),
        Column("hold_until", Date),
        Column("updated_at", Timestamp, nullable=False),
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint(
            "state IN ('unknown', 'pending_activation', 'normal', 'late', 'defaulted', 'inactive')",
            name="state",
        ),
        postgresql_with=_UPDATED_IN_PLACE,
    )
    op.create_table(
        "account_snapshots",
        Column("opco", Key, primary_key=True),
        Column("account_id", Key, primary_key=True),
        Column("body", Text, nullable=False),
    )
    compress_by_lz4("account_snapshots", "body")
    op.create_table(
        "persons",
        Column("opco", Key, primary_key=True),
        Column("account_id", Key, primary_key=True),
        Column("person_id", Key, primary_key=True),
        Column("position", Integer, nullable=False),
        Column("body", Text, nullable=False),
        Index("ix_persons_person", "opco", "person_id"),
    )
    op.create_table(
        "attempts",
        Column("opco", Key, primary_key=True),
        Column("attempt_id", Key, primary_key=True),
        Column("account_id", Key, nullable=False),
        Column("repossession_id", Text, nullable=False),
        Column("attempted_at", Timestamp, nullable=False),
        Column("attempted_by", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("promised_to_pay_on", Date),
        Column("message_id", Text, nullable=False),
        Column("correlation_id", Text, nullable=False),
        Column("decided", Boolean(create_constraint=False), nullable=False),
        Column("recorded_at", Timestamp, nullable=False),
        Index("ix_attempts_account", "opco", "account_id"),
    )
    op.create_table(
        "payments",
        Column("opco", Key, primary_key=True),
        Column("payment_id", Key, primary_key=True),
        Column("account_id", Key, nullable=False),
        Column("received_at", Timestamp, nullable=False),
        Column("amount_minor", Minor, nullable=False),
        Column("currency", Text, nullable=False),
        Column("allocations", Text, nullable=False),
        Column("counted", Boolean(name="counted", create_constraint=False), nullable=False),
        Column("recorded_at", Timestamp, nullable=False),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_payments_account", "opco", "account_id"),
    )
