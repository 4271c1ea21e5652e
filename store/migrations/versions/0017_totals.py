"""Totals of the ledger by month. What was posted before is added by the scheduler, in sets."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column

from store.tables.types import Key, Minor

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the tables, empty: reports count what is not in the totals themselves until it is."""
    op.create_table(
        "ledger_totals",
        Column("figure", Key, primary_key=True),
        Column("opco", Key, primary_key=True),
        Column("month", Key, primary_key=True),
        Column("currency", Key, primary_key=True),
        Column("disposition", Key, primary_key=True),
        Column("reason", Key, primary_key=True),
        Column("journals", BigInteger, nullable=False),
        Column("amount_minor", Minor, nullable=False),
    )
    op.create_table(
        "totalled",
        Column("opco", Key, primary_key=True),
        Column("position", BigInteger, nullable=False),
        CheckConstraint("position > 0", name="position"),
    )
