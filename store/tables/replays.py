"""What operators have listed in the outbox again, and how far each of these replays has come."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Table, Text

from store.tables.types import Id, Key, Timestamp, metadata, partial_index

#: A row an order. `reached_at` and `reached_id` name the last message looked at: where the next set begins.
replays = Table(
    "replays",
    metadata,
    Column("replay_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("since", Timestamp, nullable=False),
    Column("destination", Key),
    Column("without_opco", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("ordered_at", Timestamp, nullable=False),
    Column("reached_at", Timestamp),
    Column("reached_id", Id),
    Column("listed", BigInteger, nullable=False),
    Column("finished_at", Timestamp),
    CheckConstraint("listed >= 0", name="listed"),
    CheckConstraint("(reached_at IS NULL) = (reached_id IS NULL)", name="reached"),
    partial_index("ix_replays_open", "ordered_at", "replay_id", where="finished_at IS NULL"),
)

#: Of what was published in an hour (UTC), when the oldest was written: more than the hour itself says where a
#: destination had been away. A row an hour and destination.
publications = Table(
    "publications",
    metadata,
    Column("destination", Key, primary_key=True),
    Column("hour", Timestamp, primary_key=True),
    Column("oldest_at", Timestamp, nullable=False),
)
