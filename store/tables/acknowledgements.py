"""What consumers say of the messages that they were sent (R27)."""

from sqlalchemy import CheckConstraint, Column, Table, Text

from store.tables.types import Id, Key, State, Timestamp, metadata, partial_index

#: One row a message: what its consumer said last. `source` and `acknowledgement_id` name that message of its.
acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("message_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("status", State, nullable=False),
    Column("reference", Text),
    Column("reason", Text),
    Column("acknowledged_at", Timestamp, nullable=False),
    Column("source", Text, nullable=False),
    Column("acknowledgement_id", Text, nullable=False),
    CheckConstraint("consumer IN ('letter', 'to-do', 'gl')", name="consumer"),
    CheckConstraint("status IN ('accepted', 'rejected')", name="status"),
    #: Texts that are to go one day: none of them left, none is looked at.
    partial_index(
        "ix_acknowledgements_texts",
        "acknowledged_at",
        where="status = 'accepted' AND (reference IS NOT NULL OR reason IS NOT NULL)",
    ),
)
