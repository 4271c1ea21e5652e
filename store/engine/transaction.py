"""One transaction, and the few set-based statements that everything in `store` is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    FromClause,
    Select,
    Table,
    TextClause,
    and_,
    any_,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from store.engine.given import GivenRows, Row, holding, sqlite_rows

#: What a statement returns: rows of any width.
AnyRow: TypeAlias = "SqlRow[*tuple[Any, ...]]"
AnyResult: TypeAlias = "CursorResult[*tuple[Any, ...]]"

_NOW = select(func.transaction_timestamp())
#: The moment is asked for as well: whoever takes a lease needs it.
_NOW_WITHOUT_WAITING = _NOW.add_columns(func.set_config("synchronous_commit", "off", True))  # noqa: FBT003

_NOTHING: Mapping[str, Any] = {}
#: Statements that are made once, as the driver takes them: text, and the parameters that stay the same.
_TEXTS: WeakKeyDictionary[Any, tuple[str, dict[str, Any]]] = WeakKeyDictionary()


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
        moment: datetime = self.ask(_NOW)[0][0]
        return moment.astimezone(UTC)

    def commit_without_waiting(self) -> None:
        """Let the commit of this transaction return before it is on the disk (`Database.begin`)."""
        if self.postgresql:
            moment: datetime = self.ask(_NOW_WITHOUT_WAITING)[0][0]
            self.now = moment.astimezone(UTC)

    def execute(
        self, statement: Executable | TextClause, parameters: Mapping[str, Any] | None = None
    ) -> AnyResult:
        """Execute one statement of SQLAlchemy Core."""
        result: AnyResult = self.connection.execute(statement, parameters)
        return result

    def tuples(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query as plain tuples, for sets of thousands: naming columns costs.

        PostgreSQL's driver gives values as Python has them; SQLite's need the columns' types.
        """
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
        if not self.postgresql:
            return self.connection.execute(statement, parameters).all()
        cursor = self._told(statement, parameters)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def tell(self, statement: Executable, parameters: Mapping[str, Any] = _NOTHING) -> int:
        """Execute a statement that is made once; return how many rows it met."""
        if not self.postgresql:
            return self.connection.execute(statement, parameters).rowcount
        return int(self._told(statement, parameters).rowcount)

    def _told(self, statement: Executable, parameters: Mapping[str, Any]) -> Any:
        """Give the statement's text to the driver itself: SQLAlchemy takes as long again to pass it on."""
        made = _TEXTS.get(statement)
        if made is None:
            made_of: Any = statement
            state = made_of.compile(dialect=self.connection.dialect).construct_expanded_state(parameters)
            # No value that is given is kept: it would stand in for one that a later call forgets.
            same = {name: value for name, value in state.parameters.items() if name not in parameters}
            made = _TEXTS[statement] = state.statement, same
        text, fixed = made
        return self._driver.execute(text, {**fixed, **parameters})

    @cached_property
    def _driver(self) -> Any:
        return self.connection.connection.driver_connection

    def insert(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Append rows that cannot be there yet: COPY on PostgreSQL, one executemany on SQLite."""
        if not rows:
            return
        names = ", ".join(columns)
        if self.postgresql:
            with (
                self._driver.cursor() as cursor,
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
        given, statement = _inserting(self.postgresql, table, tuple(columns), tuple(key))
        return {tuple(row) for row in self.ask(statement, given.values(ordered))}

    def insert_missing(
        self, table: Table, columns: Sequence[str], rows: Sequence[Row], key: Sequence[str]
    ) -> None:
        """Insert rows that are nearly always there; each begins with its key.

        It looks first: an insert that does nothing would wait for whoever has changed the row.
        """
        given, statement = _present(self.postgresql, table, tuple(key))
        keys = [tuple(row[: len(key)]) for row in rows]
        there = {tuple(row) for row in self.ask(statement, given.values(keys))}
        missing = [row for row, key_ in zip(rows, keys, strict=True) if key_ not in there]
        self.insert_new(table, columns, missing, key)

    def update(self, table: Table, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> int:
        """Set `columns` on the rows with the given keys; each row is key values, then column values."""
        if not rows:
            return 0
        given, statement = _updating(self.postgresql, table, tuple(key), tuple(columns))
        return self.tell(statement, given.values(rows))

    def delete(self, table: Table, key: Sequence[str], rows: Sequence[Row]) -> int:
        """Delete the rows with the given keys."""
        if not rows:
            return 0
        given, statement = _deleting(self.postgresql, table, tuple(key))
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


@cache
def _inserting(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    given = GivenRows("new", [table.c[name] for name in columns], postgresql=on_postgresql)
    new = given.source
    picked = select(*[new.c[name] for name in columns]).select_from(new).where(true())
    dialect: Any = postgresql if on_postgresql else sqlite
    insert = dialect.insert(table).from_select(list(columns), picked)
    return given, insert.on_conflict_do_nothing().returning(*[table.c[name] for name in key])


@cache
def _present(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    key: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    columns = [table.c[name] for name in key]
    given = GivenRows("wanted", columns, postgresql=on_postgresql)
    same = [column == given.source.c[column.name] for column in columns]
    return given, select(*columns).join(given.source, and_(*same))


@cache
def _updating(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    key: tuple[str, ...],
    columns: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    given = GivenRows("changed", [table.c[name] for name in (*key, *columns)], postgresql=on_postgresql)
    changed = given.source
    statement = table.update().values({name: changed.c[name] for name in columns})
    for name in key:
        statement = statement.where(table.c[name] == changed.c[name])
    return given, statement


@cache
def _deleting(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    key: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    columns = [table.c[name] for name in key]
    given = GivenRows("gone", columns, postgresql=on_postgresql)
    if on_postgresql and len(columns) == 1:
        # No join: of a list that was empty when PostgreSQL last counted, it compares each row with each key.
        return given, table.delete().where(columns[0] == any_(given.arrays[0]))
    # A list of keys, and no condition a row: SQLite would look at every row of the table.
    here = tuple_(*columns).in_(select(*[given.source.c[name] for name in key]))
    return given, table.delete().where(here)
