"""Approvals."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from store.tables.types import Id, Key, Minor, Timestamp, metadata, partial_index

revision = "0010"
down_revision = "0009"

_STATES = "'pending', 'waiting', 'accepted', 'refused'"


def upgrade() -> None:
    """Make the table; accounts of a request may await its approval, and have what was approved of them."""
    op.create_table(
        "approvals",
        Column("opco", Key, primary_key=True),
        Column("request_id", Key, primary_key=True),
        Column("state", Text, nullable=False),
        Column("override_hold", Boolean(create_constraint=False), nullable=False),
        Column("total_minor", Minor),
        Column("roles", Text, nullable=False),
        Column("decided_by", Text),
        Column("decided_roles", Text),
        Column("decided_at", Timestamp),
        Column("reason", Text),
        CheckConstraint(
            "state IN ('checking', 'not-needed', 'awaiting', 'approved', 'refused')", name="state"
        ),
        CheckConstraint("(state IN ('approved', 'refused')) = (decided_by IS NOT NULL)", name="decided_by"),
        CheckConstraint("state IN ('checking') OR total_minor IS NOT NULL", name="total"),
        partial_index("ix_approvals_awaiting", "opco", "request_id", where="state = 'awaiting'"),
    )
    op.add_column("processes", Column("approved_minor", Minor))
    with op.batch_alter_table("request_items", copy_from=_items()) as table:
        table.drop_constraint(op.f("ck_request_items_state"), type_="check")
        table.create_check_constraint(
            "state", "state IN ('pending', 'waiting', 'awaiting', 'accepted', 'refused')"
        )

    op.create_index(
        "ix_request_items_awaiting",
        "request_items",
        ["opco", "account_id"],
        postgresql_where=text("state = 'awaiting'"),
        sqlite_where=text("state = 'awaiting'"),
    )


def _items() -> Table:
    """Return the table as it was: SQLite copies it, and sees no constraints of its own."""
    return Table(
        "request_items",
        MetaData(naming_convention=metadata.naming_convention),
        Column("opco", Key, primary_key=True),
        Column("request_id", Key, primary_key=True),
        Column("ordinal", Integer, primary_key=True),
        Column("account_id", Key, nullable=False),
        Column("account_version", BigInteger),
        Column("state", Text, nullable=False),
        Column("refusal", Text),
        Column("message", Text),
        Column("process_id", Id),
        Column("amount_minor", Minor),
        Column("body", LargeBinary),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal"),
        partial_index("ix_request_items_pending", "opco", "request_id", "ordinal", where="state = 'pending'"),
        partial_index("ix_request_items_waiting", "opco", "account_id", where="state = 'waiting'"),
    )
