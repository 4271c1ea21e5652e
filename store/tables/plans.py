"""Plans that were made, kept for a while so that what has changed since can be told (R4)."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from store.tables.types import Key, Timestamp, metadata

#: One row a plan, named by its digest: the same plan made again is the same row.
plans = Table(
    "plans",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("plan_digest", Key, primary_key=True),
    Column("policy_digest", Text, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("made_at", Timestamp, nullable=False),
    CheckConstraint("accounts >= 0", name="accounts"),
    Index("ix_plans_made_at", "opco", "made_at"),
)

#: The figures of up to 1,000 accounts a row, compressed: alike as they are, 100,000 take ten megabytes.
plan_parts = Table(
    "plan_parts",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("plan_digest", Key, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
