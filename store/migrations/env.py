"""Alembic's entry: runs the steps on the connection it is given, inside the transaction that is open there.

No URL and no environment is read here; `store.engine.migrating` opens, locks and commits.
"""

from alembic import context
from sqlalchemy import Connection

from store.tables import metadata


def run(connection: Connection) -> None:
    """Run the steps. `target_metadata` gives constraints their names; SQLite, too, can roll DDL back."""
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
