"""One transaction, and the few set-based statements that everything in `store` is made of."""

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    FromClause,
    Table,
    Text,
    TextClause,
    bindparam,
    func,
    literal_column,
    select,
    text,
    true,
    type_coerce,
)
from sqlalchemy import (
    Row as SqlRow,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable
from sqlalchemy.types import TypeEngine

from store.tables.types import Id, Timestamp, UuidText, instant_text

Row = Sequence[Any]
#: What a statement returns: rows of any width.
AnyRow: TypeAlias = "SqlRow[*tuple[Any, ...]]"
AnyResult: TypeAlias = "CursorResult[*tuple[Any, ...]]"


class Transaction:
    """A running transaction. Rows are sequences in the order of the `columns` named beside them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgresql = connection.dialect.name == "postgresql"

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
        write = [_to_sqlite(table.c[name]) for name in columns]
        self.connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",
            [tuple(convert(value) for convert, value in zip(write, row, strict=True)) for row in rows],
        )

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

    def json_objects(self, columns: Mapping[str, Column[Any]], json: AbstractSet[str]) -> ColumnElement[str]:
        """Return the aggregate of rows as a JSON array of objects, as text; `json` names columns of JSON."""
        pairs: list[Any] = []
        for name, column in columns.items():
            pairs.append(literal_column(f"'{name}'"))
            if name not in json:
                pairs.append(column)
            elif self.postgresql:
                pairs.append(sql_cast(column, postgresql.JSON))
            else:
                pairs.append(func.json(column))
        if self.postgresql:
            return sql_cast(func.json_agg(func.json_build_object(*pairs)), Text)
        return func.json_group_array(func.json_object(*pairs), type_=Text)

    def rows(self, name: str, columns: Sequence[Column[Any]], rows: Sequence[Row]) -> FromClause:
        """Return the given rows as something to select from: arrays on PostgreSQL, JSON on SQLite."""
        if self.postgresql:
            arrays = [
                bindparam(None, [row[i] for row in rows], type_=postgresql.ARRAY(_array_of(column.type)))
                for i, column in enumerate(columns)
            ]
            table = func.unnest(*arrays).table_valued(
                *[Column(column.name, column.type) for column in columns]
            )
            return table.render_derived(name=name)
        write = [_to_sqlite(column) for column in columns]
        body = msgspec.json.encode(
            [[convert(value) for convert, value in zip(write, row, strict=True)] for row in rows]
        ).decode()
        each = func.json_each(bindparam(None, body)).table_valued("value", name=f"{name}_json")
        return (
            select(
                *[
                    type_coerce(_from_json(each.c.value, i, column), column.type).label(column.name)
                    for i, column in enumerate(columns)
                ]
            )
            .select_from(each)
            .subquery(name)
        )


def _array_of(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, Id):
        return UuidText()
    if isinstance(kind, Timestamp):
        return postgresql.TIMESTAMP(timezone=True)
    return kind


def _same(value: Any) -> Any:
    return value


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: datetime | None) -> str | None:
    return instant_text(value) if value is not None else None


def _to_sqlite(column: Column[Any]) -> Any:
    """Return the function that writes a value of this column the way SQLAlchemy's own types do."""
    if isinstance(column.type, Timestamp):
        return _instant
    if column.type.python_type is date:
        return _iso
    return _same


def _from_json(row: ColumnElement[Any], i: int, column: Column[Any]) -> ColumnElement[Any]:
    value = func.json_extract(row, f"$[{i}]")
    return func.bytes_of(value) if column.type.python_type is bytes else value


def bytes_of(base64: str | None) -> bytes | None:
    """Return the bytes that JSON carries as base64: a function that SQLite's connections are given."""
    return None if base64 is None else b64decode(base64)
