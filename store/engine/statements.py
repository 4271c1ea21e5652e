"""The statements about given rows that sets are written with, each made once for a table and its columns."""

from functools import cache
from typing import Any

from sqlalchemy import Table, any_, select, true, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from store.engine.given import GivenRows


@cache
def appending(table: Table, columns: tuple[str, ...]) -> tuple[GivenRows, Executable]:
    """Return the statement that inserts rows which cannot be there yet (PostgreSQL)."""
    given = GivenRows("new", [table.c[name] for name in columns], postgresql=True)
    picked = select(*[given.source.c[name] for name in columns]).select_from(given.source)
    return given, table.insert().from_select(list(columns), picked, include_defaults=False)


@cache
def inserting(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    """Return the statement that inserts rows unless they are there, and returns the keys of those it did."""
    given = GivenRows("new", [table.c[name] for name in columns], postgresql=on_postgresql)
    new = given.source
    picked = select(*[new.c[name] for name in columns]).select_from(new).where(true())
    dialect: Any = postgresql if on_postgresql else sqlite
    insert = dialect.insert(table).from_select(list(columns), picked)
    return given, insert.on_conflict_do_nothing().returning(*[table.c[name] for name in key])


@cache
def completing(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    """Return the statement that inserts rows which are nearly always there.

    It looks before: an insert that comes to nothing would wait for whoever has changed the row.
    """
    given = GivenRows("new", [table.c[name] for name in columns], postgresql=on_postgresql)
    new = given.source
    there = select(true()).where(*[table.c[name] == new.c[name] for name in key]).correlate(new).exists()
    picked = select(*[new.c[name] for name in columns]).select_from(new).where(~there)
    dialect: Any = postgresql if on_postgresql else sqlite
    return given, dialect.insert(table).from_select(list(columns), picked).on_conflict_do_nothing()


@cache
def updating(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    key: tuple[str, ...],
    columns: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    """Return the statement that sets columns of rows with the given keys."""
    given = GivenRows("changed", [table.c[name] for name in (*key, *columns)], postgresql=on_postgresql)
    return given, _changing(table, key, given, {name: given.source.c[name] for name in columns})


@cache
def adding(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    key: tuple[str, ...],
    column: str,
) -> tuple[GivenRows, Executable]:
    """Return the statement that adds numbers to a column of rows with the given keys."""
    given = GivenRows("changed", [table.c[name] for name in (*key, column)], postgresql=on_postgresql)
    return given, _changing(table, key, given, {column: table.c[column] + given.source.c[column]})


def _changing(table: Table, key: tuple[str, ...], given: GivenRows, values: dict[str, Any]) -> Executable:
    same = [table.c[name] == given.source.c[name] for name in key]
    return table.update().values(values).where(*same)


@cache
def deleting(
    on_postgresql: bool,  # noqa: FBT001 - a key of the cache
    table: Table,
    key: tuple[str, ...],
) -> tuple[GivenRows, Executable]:
    """Return the statement that deletes rows with the given keys."""
    columns = [table.c[name] for name in key]
    given = GivenRows("gone", columns, postgresql=on_postgresql)
    if on_postgresql and len(columns) == 1:
        # No join: of a list that was empty when PostgreSQL last counted, it compares each row with each key.
        return given, table.delete().where(columns[0] == any_(given.arrays[0]))
    # A list of keys, and no condition a row: SQLite would look at every row of the table.
    here = tuple_(*columns).in_(select(*[given.source.c[name] for name in key]))
    return given, table.delete().where(here)
