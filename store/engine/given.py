"""Rows given to a statement: how sets cross to the database.

PostgreSQL takes columns as arrays; their literals are written here, since the driver's own are several times
as slow. SQLite takes one JSON document.
"""

from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from zlib import crc32

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Text,
    bindparam,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from store.tables.types import Id, Timestamp, UuidText, instant_text

Row = Sequence[Any]


class GivenRows:
    """The place of given rows in a statement: what to select from, and the parameters that fill it.

    Parameters have fixed names, so that a statement can be made once and executed with other rows each time.
    """

    def __init__(self, name: str, columns: Sequence[Column[Any]], *, postgresql: bool) -> None:
        """`name` is what the rows are called in the statement; no column that it sets is called `name_0`."""
        self._name = name
        self._columns = columns
        self._postgresql = postgresql
        texts = len(columns) if postgresql else 1
        places = [bindparam(f"{name}_{i}", type_=Text) for i in range(texts)]
        self.source = _as_arrays(name, columns, places) if postgresql else _as_json(name, columns, places)
        #: On PostgreSQL, the columns as arrays.
        self.arrays = _arrays(columns, places) if postgresql else []

    def values(self, rows: Sequence[Row]) -> dict[str, str]:
        """Return the parameters that put these rows, in the order of the columns, into their place."""
        texts = _texts(self._columns, rows, on_postgresql=self._postgresql)
        return {f"{self._name}_{i}": text for i, text in enumerate(texts)}


def holding(
    name: str, columns: Sequence[Column[Any]], rows: Sequence[Row], *, on_postgresql: bool
) -> FromClause:
    """Return the rows themselves, for a statement that is made and executed once."""
    places = [
        bindparam(None, text, type_=Text) for text in _texts(columns, rows, on_postgresql=on_postgresql)
    ]
    return _as_arrays(name, columns, places) if on_postgresql else _as_json(name, columns, places)


def _texts(columns: Sequence[Column[Any]], rows: Sequence[Row], *, on_postgresql: bool) -> list[str]:
    """Return rows as they are given: an array a column, or one document."""
    if not on_postgresql:
        return [msgspec.json.encode(sqlite_rows(columns, rows)).decode()]
    return [array_literal(column, [row[i] for row in rows]) for i, column in enumerate(columns)]


def _as_arrays(name: str, columns: Sequence[Column[Any]], places: Sequence[BindParameter[Any]]) -> FromClause:
    """Return `unnest` of one array a column (PostgreSQL)."""
    table = func.unnest(*_arrays(columns, places)).table_valued(
        *[Column(column.name, column.type) for column in columns]
    )
    return table.render_derived(name=name)


def array_literal(column: Column[Any], values: Sequence[Any]) -> str:
    """Return values of a column as PostgreSQL's text form of an array."""
    write = _array_writer(column)
    return "{" + ",".join(["NULL" if value is None else write(value) for value in values]) + "}"


def _array_writer(column: Column[Any]) -> Callable[[Any], str]:
    kind = column.type
    if isinstance(kind, Id):
        return str
    if isinstance(kind, Timestamp):
        return _quoted_instant
    python = kind.python_type
    if python in {int, bool}:
        return str
    if python is date:
        return date.isoformat
    if python is bytes:
        return _quoted_bytes
    return _quoted_text


def _quoted_text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted_instant(value: datetime) -> str:
    return f'"{instant_text(value)}"'


def _quoted_bytes(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


def _element(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, Id):
        return UuidText()
    if isinstance(kind, Timestamp):
        return postgresql.TIMESTAMP(timezone=True)
    return kind


def _arrays(
    columns: Sequence[Column[Any]], places: Sequence[BindParameter[Any]]
) -> list[ColumnElement[Sequence[Any]]]:
    return [
        cast(place, postgresql.ARRAY(_element(column.type)))
        for place, column in zip(places, columns, strict=True)
    ]


def _as_json(name: str, columns: Sequence[Column[Any]], places: Sequence[BindParameter[Any]]) -> FromClause:
    """Return `json_each` of one document (SQLite)."""
    each = func.json_each(*places).table_valued("value", name=f"{name}_json")
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


def _from_json(row: ColumnElement[Any], i: int, column: Column[Any]) -> ColumnElement[Any]:
    value = func.json_extract(row, f"$[{i}]")
    return func.bytes_of(value) if column.type.python_type is bytes else value


def bytes_of(base64: str | None) -> bytes | None:
    """Return the bytes that JSON carries as base64: a function that SQLite's connections are given."""
    return None if base64 is None else b64decode(base64)


#: Weights are below a power of two, of which this is one less.
WEIGHTS = 2**19 - 1


def weight_of(row: str | None) -> int:
    """Return the weight of a row's id: a function that SQLite is given, where PostgreSQL has a hash."""
    return crc32((row or "").encode()) & WEIGHTS


def sqlite_rows(columns: Sequence[Column[Any]], rows: Sequence[Row]) -> list[Row]:
    """Return rows as SQLite takes them; a column whose values need nothing is not touched."""
    writers = [(i, sqlite_writer(column)) for i, column in enumerate(columns)]
    written = [(i, write) for i, write in writers if write is not _same]
    if not written:
        return [tuple(row) for row in rows]
    found: list[Row] = []
    for row in rows:
        values = list(row)
        for i, write in written:
            values[i] = write(values[i])
        found.append(tuple(values))
    return found


def sqlite_writer(column: Column[Any]) -> Callable[[Any], Any]:
    """Return the function that writes a value of this column the way SQLAlchemy's own types do on SQLite."""
    if isinstance(column.type, Timestamp):
        return _instant
    if column.type.python_type is date:
        return _iso
    return _same


def _same(value: Any) -> Any:
    return value


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: datetime | None) -> str | None:
    return instant_text(value) if value is not None else None
