"""Statements about given rows, made once: SQLAlchemy takes longer to make one than its answer takes."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, FromClause, Select

from store.engine.given import GivenRows, Row
from store.engine.transaction import AnyRow, Transaction

Query = Select[*tuple[Any, ...]]


class Lookup:
    """A query about rows that are given each time it is asked, by whatever names them."""

    def __init__(
        self, columns: Sequence[Column[Any]], query: Callable[[FromClause], Query], *, each: bool = False
    ) -> None:
        """`query` is told what to select from. `each`: row by row (`Transaction.of_each`)."""
        self._columns = columns
        self._query = query
        self._each = each
        self._made: dict[bool, tuple[GivenRows, Query]] = {}

    def tuples(self, tx: Transaction, rows: Sequence[Row]) -> Sequence[tuple[Any, ...]]:
        """Return what is found as plain tuples; nothing is asked about no rows."""
        if not rows:
            return []
        given, query = self._on(tx)
        return tx.ask(query, given.values(rows))

    def rows(self, tx: Transaction, rows: Sequence[Row]) -> Sequence[AnyRow]:
        """Return what is found with the names of its columns."""
        if not rows:
            return []
        given, query = self._on(tx)
        return tx.execute(query, given.values(rows)).all()

    def _on(self, tx: Transaction) -> tuple[GivenRows, Query]:
        made = self._made.get(tx.postgresql)
        if made is None:
            given = GivenRows("wanted", self._columns, postgresql=tx.postgresql)
            query = self._query(given.source)
            made = given, tx.of_each(given.source, query) if self._each else query
            self._made[tx.postgresql] = made
        return made
