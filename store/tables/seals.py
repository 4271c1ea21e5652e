"""The chain of seals over the journals, and the narrow list of what is not sealed yet."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, LargeBinary, Table, UniqueConstraint

from store.tables.types import Id, Key, Timestamp, metadata

#: One chain an opco. `digest` is that of the journal's message to the general ledger, which is found by
#: (`message_on`, `message_id`); `seal` covers the row and the seal before it. Appended, never changed.
seals = Table(
    "seals",
    metadata,
    Column("opco", Key, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("journal_id", Id, nullable=False),
    Column("message_id", Id, nullable=False),
    Column("message_on", Date, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    Column("sealed_at", Timestamp, nullable=False),
    CheckConstraint("position > 0", name="position"),
    UniqueConstraint("journal_id"),
)

#: A row a journal that has no seal yet, written with the journal: so none is missed, however late it commits.
unsealed = Table(
    "unsealed",
    metadata,
    Column("journal_id", Id, primary_key=True),
    Column("opco", Key, nullable=False),
    Column("message_on", Date, nullable=False),
)
