"""What agencies and consumers reply: notes beside the history of a referral, acknowledgements."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Date, Integer, Text, text

from store.tables.types import Id, Key, Minor, Timestamp

revision = "0012"
down_revision = "0011"

#: The last row of a closed referral's history says why it ended.
_WHY = """
UPDATE referrals SET end_reason = (
    SELECT history_reason FROM referral_history
    WHERE referral_history.referral_id = referrals.referral_id
    AND referral_history.sequence = referrals.history_sequence
) WHERE NOT active
"""


def upgrade() -> None:
    """Make the tables, and say of each closed referral why it ended."""
    op.add_column("referrals", Column("end_reason", Text))
    op.add_column("referrals", Column("recall_acknowledged_at", Timestamp))
    op.add_column("referrals", Column("replies", Integer, nullable=False, server_default="0"))
    op.execute(_WHY)
    with op.batch_alter_table("referrals") as referrals:
        referrals.create_check_constraint("end_reason", "(end_reason IS NULL) = active")
    op.create_index(
        "ix_referrals_active",
        "referrals",
        ["opco", "agency"],
        postgresql_where=text("active"),
        sqlite_where=text("active"),
    )
    op.create_table(
        "referral_replies",
        Column("referral_id", Id, primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("reply", Text, nullable=False),
        Column("activity_date", Date, nullable=False),
        Column("agency_reference", Text),
        Column("amount_minor", Minor),
        Column("reason", Text),
        Column("source", Text, nullable=False),
        Column("message_id", Text, nullable=False),
        Column("replied_at", Timestamp, nullable=False),
        CheckConstraint(
            "reply IN ('accepted', 'rejected', 'recall-acknowledged', 'part-paid', 'paid', 'uncollectible')",
            name="reply",
        ),
    )
    op.create_table(
        "acknowledgements",
        Column("message_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("consumer", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("reference", Text),
        Column("reason", Text),
        Column("acknowledged_at", Timestamp, nullable=False),
        Column("source", Text, nullable=False),
        Column("acknowledgement_id", Text, nullable=False),
        CheckConstraint("consumer IN ('letter', 'to-do', 'gl')", name="consumer"),
        CheckConstraint("status IN ('accepted', 'rejected')", name="status"),
    )
