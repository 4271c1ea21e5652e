"""What consumers say of the messages that they were sent (R27)."""

from sqlalchemy import CheckConstraint, Column, Table, Text

from store.tables.types import Id, Key, Timestamp, metadata

#: One row a message: what its consumer said last. `source` and `acknowledgement_id` name that message of its.
acknowledgements = Table(
    "acknowledgements",
    metadata,
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
