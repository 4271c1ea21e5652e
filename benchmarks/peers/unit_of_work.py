"""The product's tables as classes of SQLAlchemy's ORM, and a session as the transaction that facts go to."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

from sqlalchemy import Connection, Table, delete, update
from sqlalchemy.orm import Session, registry
from sqlalchemy.sql import Executable

from store import tables
from store.engine.given import Row
from store.engine.transaction import Transaction

_mapper = registry(metadata=tables.metadata)

#: Table name -> its class.
MODELS: dict[str, Any] = {}
for _table in tables.metadata.sorted_tables:
    MODELS[_table.name] = type(_table.name, (), {})
    _mapper.map_imperatively(MODELS[_table.name], _table)
_mapper.configure()

_NOTHING: Mapping[str, Any] = {}
#: What the product needs to publish later; a peer publishes right after its commit.
_OF_THE_RELAY = frozenset({tables.outbox.name, tables.destinations.name})


class UnitOfWork(Transaction):
    """A session under the name that the product's recorders know. No COPY, no statement for many rows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        super().__init__(session.connection())
        #: Rows of `messages_out` that this transaction adds: to be published when it has committed.
        self.messages: list[Any] = []

    @property
    def connection(self) -> Connection:
        """The session's connection, with everything added so far written."""
        self.session.flush()
        return self.session.connection()

    @connection.setter
    def connection(self, _: Connection) -> None:
        """It is always the session's."""

    def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Add an object for each row."""
        if table.name in _OF_THE_RELAY:
            return
        added = [MODELS[table.name](**dict(zip(columns, row, strict=True))) for row in rows]
        self.session.add_all(added)
        if table is tables.messages_out:
            self.messages += added

    def insert_new(
        self, table: Table, columns: Sequence[str], rows: Any, key: Sequence[str]
    ) -> set[tuple[Any, ...]]:
        """Insert what is not there: the ORM has nothing of its own for it."""
        if table.name in _OF_THE_RELAY:
            return set()
        return super().insert_new(table, columns, rows, key)

    def insert_missing(
        self, table: Table, columns: Sequence[str], rows: Sequence[Row], key: Sequence[str]
    ) -> None:
        """Only the relay's destinations are inserted so, and a peer has no relay."""
        if table.name not in _OF_THE_RELAY:
            super().insert_missing(table, columns, rows, key)

    def say(self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING) -> None:
        """Execute it: a textbook's unit of work waits for each statement."""
        self.tell(statement, parameters)

    def foresee(self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING) -> None:
        """Nothing: a textbook asks when it needs an answer."""

    def foresee_now(self) -> None:
        """Nothing."""

    def update(self, table: Table, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Update each row by its key."""
        for row in rows:
            values = dict(zip(columns, row[len(key) :], strict=True))
            self._each(update(MODELS[table.name]).values(values), table, key, row)

    def delete(self, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
        """Delete each row by its key."""
        for row in rows:
            self._each(delete(MODELS[table.name]), table, key, row)

    def _each(self, statement: Any, table: Table, key: Sequence[str], row: Row) -> None:
        where = reduce(and_, (table.c[name] == value for name, value in zip(key, row, strict=False)))
        self.session.execute(statement.where(where), execution_options={"synchronize_session": False})
