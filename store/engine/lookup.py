"""Statements about given rows, made once: SQLAlchemy takes longer to make one than its answer takes."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, FromClause, Select

from store.engine.given import GivenRows, Row
from store.engine.transaction import FEW, Transaction

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
        """Return what is found, as plain tuples; nothing is asked about no rows."""
        if not rows:
            return []
        given, query = self._on(tx)
        return tx.ask(query, given.values(rows))

    def say(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Have it executed before whatever comes next: for a lock, whose rows nobody reads."""
        if rows:
            given, query = self._on(tx)
            tx.say(query, given.values(rows))

    def foresee(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Have it answered with what is asked first, where rows are few: their answer is mostly waiting."""
        if 0 < len(rows) <= FEW:
            given, query = self._on(tx)
            tx.foresee(query, given.values(rows))

    def _on(self, tx: Transaction) -> tuple[GivenRows, Query]:
        made = self._made.get(tx.postgresql)
        if made is None:
            given = GivenRows("wanted", self._columns, postgresql=tx.postgresql)
            query = self._query(given.source)
            made = given, tx.of_each(given.source, query) if self._each else query
            self._made[tx.postgresql] = made
        return made
