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
    literal_column,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from store.given import Row, as_arrays, as_json, sqlite_rows

#: What a statement returns: rows of any width.
AnyRow: TypeAlias = "SqlRow[*tuple[Any, ...]]"
AnyResult: TypeAlias = "CursorResult[*tuple[Any, ...]]"


class Transaction:
    """A running transaction. Rows are sequences in the order of the `columns` named beside them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgresql = connection.dialect.name == "postgresql"
        #: Is shown all facts that are written and the messages made of them: for a rehearsal, rolled back.
        self.witness: Callable[[Sequence[Any], Sequence[Any]], None] | None = None

    @cached_property
    def now(self) -> datetime:
        """The moment by the database clock, the same for the whole transaction."""
        if not self.postgresql:
            return datetime.now(UTC)
        moment: datetime = self.connection.execute(text("SELECT transaction_timestamp()")).scalar_one()
        return moment.astimezone(UTC)

    def execute(
        self, statement: Executable | TextClause, parameters: Mapping[str, Any] | None = None
    ) -> AnyResult:
        """Execute one statement of SQLAlchemy Core."""
        result: AnyResult = self.connection.execute(statement, parameters)
        return result

    def tuples(self, statement: Executable) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query as plain tuples, for sets of thousands: naming columns costs.

        PostgreSQL's driver gives values as Python has them; SQLite's need the columns' types.
        """
        result = self.connection.execute(statement)
        if not self.postgresql:
            return result.all()
        cursor: Any = result.cursor
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        result.close()
        return rows

    def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Append rows that cannot be there yet: COPY on PostgreSQL, one executemany on SQLite."""
        if not rows:
            return
        names = ", ".join(columns)
        if self.postgresql:
            driver: Any = self.connection.connection.driver_connection
            with (
                driver.cursor() as cursor,
                cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(columns))
        values: Any = sqlite_rows([table.c[name] for name in columns], rows)
        self.connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)

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
        values = self.rows("new", [table.c[name] for name in columns], ordered)
        picked = select(*[values.c[name] for name in columns]).select_from(values).where(true())
        returning = [table.c[name] for name in key]
        if self.postgresql:
            statement: Any = postgresql.insert(table).from_select(list(columns), picked)
        else:
            statement = sqlite.insert(table).from_select(list(columns), picked)
        result = self.connection.execute(statement.on_conflict_do_nothing().returning(*returning))
        return {tuple(row) for row in result}

    def update(self, table: Table, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> int:
        """Set `columns` on the rows with the given keys; each row is key values, then column values."""
        if not rows:
            return 0
        names = [*key, *columns]
        values = self.rows("changed", [table.c[name] for name in names], rows)
        statement = table.update().values({name: values.c[name] for name in columns})
        for name in key:
            statement = statement.where(table.c[name] == values.c[name])
        return self.connection.execute(statement).rowcount

    def delete(self, table: Table, key: Sequence[str], rows: Sequence[Row]) -> int:
        """Delete the rows with the given keys."""
        if not rows:
            return 0
        gone = self.rows("gone", [table.c[name] for name in key], rows)
        # A list of keys, and no condition a row: SQLite would look at every row of the table.
        here = tuple_(*[table.c[name] for name in key]).in_(select(*[gone.c[name] for name in key]))
        return self.connection.execute(table.delete().where(here)).rowcount

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
        return as_arrays(name, columns, rows) if self.postgresql else as_json(name, columns, rows)
