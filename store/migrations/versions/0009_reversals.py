"""Reversed processes and what they undo."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Text

from store.tables.types import Id, Key, Minor, Timestamp

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table of reversals; effects learn their end."""
    op.create_table(
        "reversals",
        Column("process_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("account_id", Key, nullable=False),
        Column("request_id", Key, nullable=False),
        Column("reason", Text, nullable=False),
        Column("reversed_on", Date, nullable=False),
        Column("amount_minor", Minor, nullable=False),
        Column("recoveries_kept_minor", Minor, nullable=False),
        Column("currency", Text, nullable=False),
        Column("correlation_id", Text, nullable=False),
        Column("causation_id", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("reversed_at", Timestamp, nullable=False),
        CheckConstraint("amount_minor >= 0 AND recoveries_kept_minor >= 0", name="amounts"),
        Index("ix_reversals_request", "opco", "request_id"),
        Index("ix_reversals_day", "opco", "reversed_on"),
    )
    with op.batch_alter_table("demerits") as demerits:
        demerits.add_column(Column("ended_on", Date))
        demerits.create_check_constraint(
            "ended_on", "ended_on IS NULL OR ended_on >= effective_from AND ended_on <= effective_to"
        )
    with op.batch_alter_table("contacts") as contacts:
        contacts.add_column(Column("corrects_contact_id", Id))
        contacts.create_check_constraint("correction", "corrects_contact_id IS NULL OR letter")
    with op.batch_alter_table("todos") as todos:
        todos.add_column(Column("closed_on", Date))
        todos.add_column(Column("closed_because", Text))
        todos.create_check_constraint("closed_on", "(status = 'closed') = (closed_on IS NOT NULL)")
    with op.batch_alter_table("goods") as goods:
        goods.add_column(Column("restored", Integer, nullable=False, server_default="0"))
        goods.create_check_constraint("restored", "restored >= 0 AND restored <= returned + lost")
