"""Which months have been cleaned up: what is gone from them is gone by intent."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Table

from store.tables.types import Key, Timestamp, metadata

#: A row a month of a table, written before the first of its bodies goes. Half-open: `first` to `next_first`.
retired = Table(
    "retired",
    metadata,
    Column("table_name", Key, primary_key=True),
    Column("first", Date, primary_key=True),
    Column("next_first", Date, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("begun_at", Timestamp, nullable=False),
    Column("finished_at", Timestamp),
    CheckConstraint("rows >= 0", name="rows"),
    CheckConstraint("next_first > first", name="month"),
)
