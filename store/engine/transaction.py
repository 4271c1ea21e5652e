"""One transaction, and the few set-based statements that everything in `store` is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    FromClause,
    Select,
    Table,
    TextClause,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy import Row as SqlRow
from sqlalchemy.sql import Executable

from store.engine.conversation import Answer, Conversation
from store.engine.given import Row, holding, sqlite_rows
from store.engine.statements import adding, appending, completing, deleting, inserting, updating

#: What a statement returns: rows of any width.
AnyRow: TypeAlias = "SqlRow[*tuple[Any, ...]]"
AnyResult: TypeAlias = "CursorResult[*tuple[Any, ...]]"

_NOW = select(func.transaction_timestamp())
#: The moment is asked for as well: whoever takes a lease needs it.
_NOW_WITHOUT_WAITING = _NOW.add_columns(func.set_config("synchronous_commit", "off", True))  # noqa: FBT003

_NOTHING: Mapping[str, Any] = {}
#: Rows up to which an insert goes together with other statements; a COPY has PostgreSQL answer twice.
FEW = 16


class Transaction:
    """A running transaction. Rows are sequences in the order of the `columns` named beside them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgresql = connection.dialect.name == "postgresql"
        self._talk = Conversation(connection) if self.postgresql else None
        self._moment: Answer | None = None
        #: Is shown all facts that are written and the messages made of them: for a rehearsal, rolled back.
        self.witness: Callable[[Sequence[Any], Sequence[Any]], None] | None = None

    @cached_property
    def now(self) -> datetime:
        """The moment by the database clock, the same for the whole transaction."""
        if not self.postgresql:
            return datetime.now(UTC)
        rows = self.ask(_NOW) if self._moment is None else self._moment.rows()
        moment: datetime = rows[0][0]
        return moment.astimezone(UTC)

    def commit_without_waiting(self) -> None:
        """Let the commit of this transaction return before it is on the disk (`Database.begin`)."""
        if self._talk is not None:
            self._moment = self._talk.say(_NOW_WITHOUT_WAITING, _NOTHING)

    def _send(self) -> None:
        if self._talk is not None:
            self._talk.leave()

    def execute(
        self, statement: Executable | TextClause, parameters: Mapping[str, Any] | None = None
    ) -> AnyResult:
        """Execute one statement of SQLAlchemy Core."""
        self._send()
        result: AnyResult = self.connection.execute(statement, parameters)
        return result

    def tuples(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query as plain tuples, for sets of thousands: naming columns costs.

        PostgreSQL's driver gives values as Python has them; SQLite's need the columns' types.
        """
        self._send()
        result = self.connection.execute(statement, parameters)
        if not self.postgresql:
            return result.all()
        cursor: Any = result.cursor
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        result.close()
        return rows

    def ask(
        self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING
    ) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a statement that is made once and executed often, as plain tuples."""
        if self._talk is None:
            return self.connection.execute(statement, parameters).all()
        return self._talk.ask(statement, parameters).rows()

    def foresee(self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING) -> None:
        """Have what will be asked soon answered together with what is asked first.

        It changes nothing but how long one waits: whatever is written meanwhile has it asked anew. On SQLite,
        where nobody waits for a wire, nothing happens.
        """
        if self._talk is not None:
            self._talk.foresee(statement, parameters)

    def forget(self) -> None:
        """Have what was foreseen asked anew, where it is asked: it may have changed meanwhile."""
        if self._talk is not None:
            self._talk.forget()

    def foresee_now(self) -> None:
        """Have the moment answered together with what is asked first."""
        if self._talk is not None and self._moment is None and "now" not in self.__dict__:
            self._moment = self._talk.say(_NOW, _NOTHING)

    def tell(self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING) -> int:
        """Execute a statement that is made once; return how many rows it met."""
        if self._talk is None:
            return self.connection.execute(statement, parameters).rowcount
        return self._talk.say(statement, parameters).count()

    def say(self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING) -> None:
        """Have a statement that is made once executed before whatever comes next, the commit at the latest.

        PostgreSQL is told of it together with that, so that nobody waits for it alone; an error of it comes
        up there.
        """
        if self._talk is None:
            self.connection.execute(statement, parameters)
        else:
            self._talk.say(statement, parameters)

    def commit(self) -> None:
        """Commit; whoever opened the transaction does."""
        if self._talk is None:
            self.connection.commit()
        else:
            self._talk.commit()

    def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Append rows that cannot be there yet: on PostgreSQL a few as `say` does, more by COPY.

        On SQLite one executemany.
        """
        if not rows:
            return
        names = ", ".join(columns)
        if self._talk is None:
            marks = ", ".join("?" * len(columns))
            values: Any = sqlite_rows([table.c[name] for name in columns], rows)
            self.connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)
            return
        if len(rows) <= FEW:
            given, statement = appending(table, tuple(columns))
            self._talk.say(statement, given.values(rows))
            return
        with self._talk.copying(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def insert_new(
        self, table: Table, columns: Sequence[str], rows: Iterable[Row], key: Sequence[str]
    ) -> set[tuple[Any, ...]]:
        """Insert rows whose key is not there; return the keys that were inserted.

        Rows are sorted by key, so that two transactions with overlapping sets cannot deadlock.
        """
        places = [columns.index(name) for name in key]
        unique: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            unique.setdefault(tuple(row[place] for place in places), row)
        if not unique:
            return set()
        ordered = [unique[k] for k in sorted(unique)]
        given, statement = inserting(self.postgresql, table, tuple(columns), tuple(key))
        return {tuple(row) for row in self.ask(statement, given.values(ordered))}

    def insert_missing(
        self, table: Table, columns: Sequence[str], rows: Sequence[Row], key: Sequence[str]
    ) -> None:
        """Insert rows that are nearly always there, as `say` does; each begins with its key.

        They are sorted by key, as those of `insert_new`.
        """
        if rows:
            given, statement = completing(self.postgresql, table, tuple(columns), tuple(key))
            self.say(statement, given.values(sorted(rows, key=lambda row: tuple(row[: len(key)]))))

    def update(self, table: Table, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Set `columns` on the rows with the given keys, as `say` does; each row is key, then values."""
        if rows:
            given, statement = updating(self.postgresql, table, tuple(key), tuple(columns))
            self.say(statement, given.values(rows))

    def add(self, table: Table, key: Sequence[str], column: str, rows: Sequence[Row]) -> None:
        """Add to `column` of the rows with the given keys, as `say` does; each row is key, then number."""
        if rows:
            given, statement = adding(self.postgresql, table, tuple(key), column)
            self.say(statement, given.values(rows))

    def updated(self, table: Table, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> int:
        """Do as `update`, and return how many rows were there."""
        if not rows:
            return 0
        given, statement = updating(self.postgresql, table, tuple(key), tuple(columns))
        return self.tell(statement, given.values(rows))

    def delete(self, table: Table, key: Sequence[str], rows: Sequence[Row]) -> None:
        """Delete the rows with the given keys, as `say` does."""
        if rows:
            given, statement = deleting(self.postgresql, table, tuple(key))
            self.say(statement, given.values(rows))

    def deleted(self, table: Table, key: Sequence[str], rows: Sequence[Row]) -> int:
        """Do as `delete`, and return how many rows were there."""
        if not rows:
            return 0
        given, statement = deleting(self.postgresql, table, tuple(key))
        return self.tell(statement, given.values(rows))

    def of_each(self, given: FromClause, found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Return what a query about a row finds for each of the given rows.

        For tables of which an index holds only what waits or is active: PostgreSQL, which thinks that this is
        next to nothing, would walk it and compare each entry with each given row. So it looks each row up.
        """
        if not self.postgresql:
            return found
        each = (
            found.correlate(given).offset(literal_column("0")).lateral("each")
        )  # the offset keeps it a query of its own
        return select(*each.c).select_from(given.join(each, true()))

    def rows(self, name: str, columns: Sequence[Column[Any]], rows: Sequence[Row]) -> FromClause:
        """Return the given rows, in the order of the columns, as something to select from."""
        return holding(name, columns, rows, on_postgresql=self.postgresql)
