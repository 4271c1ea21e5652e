"""Monthly partitions of the body tables on PostgreSQL: a month is dropped whole, never deleted row by row."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import text

from store.engine.transaction import Transaction
from writeoff.value import Value

#: Partitioned table -> the date that decides.
PARTITIONED = {"inbox_body": "received_on", "messages_out": "created_on"}
#: Two: the one that begins next, and one to spare should the scheduler be away for a month.
MONTHS_AHEAD = 2
#: Any number of ours: two schedulers must not make the same month at once.
_LOCK = 0x57_4F_50_41


class Month(Value, frozen=True, kw_only=True):
    """A partition to be: the half-open range of dates that it holds."""

    table: str
    first: date
    next_first: date

    @property
    def name(self) -> str:
        """The table's name with year and month, as `inbox_body_2026_11`."""
        return f"{self.table}_{self.first:%Y_%m}"


def ensure_partitions(tx: Transaction, months_ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the partitions of this month and the next ones; return the names of those that are new.

    Rows that came before their month had a partition lie in the default one, and are moved. Once a day is
    often enough. On SQLite there is nothing to do.
    """
    if not tx.postgresql:
        return []
    wanted = list(_months(tx.now.date(), months_ahead))
    if _names(tx).issuperset(month.name for month in wanted):
        return []
    tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    there = _names(tx)
    missing = [month for month in wanted if month.name not in there]
    for month in missing:
        _make(tx, month)
    return [month.name for month in missing]


def following(first: date) -> date:
    """Return the first day of the month after that of a first day."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _months(today: date, ahead: int) -> Iterator[Month]:
    for table in PARTITIONED:
        first = today.replace(day=1)
        for _ in range(ahead + 1):
            yield Month(table=table, first=first, next_first=following(first))
            first = following(first)


def _names(tx: Transaction) -> set[str]:
    statement = text(
        "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
        "WHERE inhparent = ANY (CAST(:tables AS regclass[]))"
    )
    return set(tx.execute(statement, {"tables": list(PARTITIONED)}).scalars())


def _make(tx: Transaction, month: Month) -> None:
    """Attach rather than create in place: it locks the default partition alone, and inserts go on."""
    table, name, column = month.table, month.name, PARTITIONED[month.table]
    rows = f"{column} >= '{month.first}' AND {column} < '{month.next_first}'"
    taken = f"WITH taken AS (DELETE FROM {table}_default WHERE {rows} RETURNING *)"
    bounds = f"FROM ('{month.first}') TO ('{month.next_first}')"
    tx.execute(text(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE"))
    like = f"LIKE {table} INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING CONSTRAINTS"
    tx.execute(text(f"CREATE TABLE {name} ({like})"))
    tx.execute(text(f"{taken} INSERT INTO {name} SELECT * FROM taken"))
    tx.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES {bounds}"))
