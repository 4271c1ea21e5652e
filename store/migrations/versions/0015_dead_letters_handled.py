"""What became of a dead letter: retried, edited or discarded, by whom, when, and how often it came since."""

from alembic import op
from sqlalchemy import Column, Integer, Text

from store.tables.types import Timestamp

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Every dead letter is open; type and opco are noted of those that come from now on."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("dead_letters", recreate="never" if postgresql else "always") as letters:
        letters.add_column(Column("type", Text))
        letters.add_column(Column("opco", Text))
        letters.add_column(Column("state", Text, nullable=False, server_default="open"))
        letters.add_column(Column("revision", Integer, nullable=False, server_default="0"))
        letters.add_column(Column("acted_by", Text))
        letters.add_column(Column("acted_id", Text))
        letters.add_column(Column("acted_at", Timestamp))
        letters.add_column(Column("acted_count", Integer, nullable=False, server_default="0"))
        letters.add_column(Column("note", Text))
        letters.add_column(Column("became_source", Text))
        letters.add_column(Column("became_id", Text))
        letters.create_check_constraint("state", "state IN ('open', 'retried', 'edited', 'discarded')")
        letters.create_check_constraint("revision", "(revision = 0) = (state = 'open')")
        letters.create_check_constraint(
            "acted", "(state = 'open') = (acted_at IS NULL) AND (state = 'open') = (acted_by IS NULL)"
        )
        letters.create_check_constraint(
            "became", "state NOT IN ('retried', 'edited') OR became_id IS NOT NULL"
        )
