"""Column types that mean the same on PostgreSQL and SQLite, and the one metadata."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Minor units. SQLite's integers are as wide.
Minor = BigInteger
#: Text that is compared and sorted by code point, as Python does, in every database locale.
Key = Text().with_variant(Text(collation="C"), "postgresql")


class UuidText(postgresql.UUID[str]):
    """PostgreSQL's `uuid`, text on our side: the driver hands it over as it came, and nothing converts it."""

    def __init__(self) -> None:
        super().__init__(as_uuid=False)

    def bind_processor(self, dialect: Dialect) -> None:
        """Send it as it is."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Take it as it is."""


class Id(TypeDecorator[str]):
    """A UUID: 16 bytes on PostgreSQL, 36 characters on SQLite, a `str` in Python."""

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(UuidText())
        return dialect.type_descriptor(String(36))


class State(Text):
    """One of a few words that partial indexes are made of.

    It is compared as part of the statement's text: a plan that PostgreSQL keeps for any parameter cannot know
    that it is the word of the index, and looks at every row.
    """

    class Comparator(Text.Comparator[str]):
        """Writes what it is compared with into the statement."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Compare with a word, or with one of several."""
            if op in {operators.eq, operators.ne}:
                other = tuple(_word(each) for each in other)
            elif op in {operators.in_op, operators.not_in_op}:
                other = tuple([_word(word) for word in words] for words in other)
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator


def _word(other: Any) -> Any:
    return literal(other, Text(), literal_execute=True) if isinstance(other, str) else other


class Timestamp(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite, which has no time zones, keeps it as text of fixed width."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose `timestamptz`, or text."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive datetimes; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is a bug: its zone is not known")
        return value if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Read it back aware."""
        if value is None or isinstance(value, datetime):
            return value.astimezone(UTC) if value is not None else None
        return datetime.fromisoformat(value)


def instant_text(value: datetime) -> str:
    """Return a moment as text that sorts by time: always UTC, always microseconds."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index over the rows that match `where`, on both databases."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(where))
