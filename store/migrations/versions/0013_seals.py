"""Periods that were opened again; the chain of seals over the journals."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, Date, LargeBinary, Text, UniqueConstraint

from store.tables.types import Id, Key, Timestamp

revision = "0013"
down_revision = "0012"

#: Filled and emptied all the time.
_SHORT_LIVED = {"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 5000}


def upgrade() -> None:
    """Make the tables; what was posted before there were seals is listed to be sealed."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("periods", recreate="never" if postgresql else "always") as periods:
        periods.add_column(Column("opened_at", Timestamp))
        periods.add_column(Column("opened_by", Text))
    op.create_table(
        "seals",
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
    op.create_table(
        "unsealed",
        Column("journal_id", Id, primary_key=True),
        Column("opco", Key, nullable=False),
        Column("message_on", Date, nullable=False),
        postgresql_with=_SHORT_LIVED,
    )
    day = "posted_at::date" if postgresql else "substr(posted_at, 1, 10)"
    op.execute(
        f"INSERT INTO unsealed (journal_id, opco, message_on) SELECT journal_id, opco, {day} FROM journals"
    )
