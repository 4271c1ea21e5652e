"""Body tables on PostgreSQL have a partition for each month before it begins."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from store.engine.database import Database
from store.engine.partitions import PARTITIONED, ensure_partitions
from store.engine.transaction import Transaction
from store.tables import inbox_body

COLUMNS = ("received_on", "source", "id", "body", "content_type", "headers", "properties")


def partitions(tx: Transaction, table: str) -> list[str]:
    statement = text(
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = CAST(:table AS regclass) ORDER BY inhrelid::regclass::text"
    )
    return list(tx.execute(statement, {"table": table}).scalars())


def months(table: str, count: int) -> list[str]:
    first = datetime.now(UTC).date().replace(day=1)
    found = []
    for _ in range(count):
        found.append(f"{table}_{first:%Y_%m}")
        first = (first + timedelta(days=31)).replace(day=1)
    return found


def test_an_upgrade_makes_this_month_and_the_next_two(postgresql_database: Database) -> None:
    with postgresql_database.read() as tx:
        for table in PARTITIONED:
            assert partitions(tx, table) == [*months(table, 3), f"{table}_default"]


def test_months_that_are_there_are_left_alone(postgresql_database: Database) -> None:
    with postgresql_database.begin() as tx:
        assert ensure_partitions(tx) == []
        assert (
            ensure_partitions(tx, months_ahead=14)
            == months("inbox_body", 15)[3:] + months("messages_out", 15)[3:]
        )
        assert ensure_partitions(tx, months_ahead=14) == []


def test_rows_that_came_before_their_month_are_moved_into_it(postgresql_database: Database) -> None:
    with postgresql_database.begin() as tx:
        late, later = (
            date.fromisoformat(f"{month[-7:].replace('_', '-')}-15") for month in months("inbox_body", 6)[4:]
        )
        tx.insert(
            inbox_body, COLUMNS, [(day, "/pulse", "1", b"{}", None, "{}", "{}") for day in (late, later)]
        )
        assert kept_in(tx) == {"inbox_body_default": 2}
    with postgresql_database.begin() as tx:
        ensure_partitions(tx, months_ahead=4)
        assert kept_in(tx) == {"inbox_body_default": 1, months("inbox_body", 5)[-1]: 1}
        indexes = tx.execute(
            text("SELECT count(*) FROM pg_indexes WHERE tablename = :name"),
            {"name": months("inbox_body", 5)[-1]},
        )
        assert indexes.scalar_one() == 1


def test_large_values_are_compressed_by_lz4_in_every_month_too(postgresql_database: Database) -> None:
    statement = text(
        "SELECT attcompression::text FROM pg_attribute "
        "WHERE attrelid = CAST(:name AS regclass) AND attname = :column"
    )
    columns = [("account_snapshots", "body"), ("journals", "basis")]
    for table in PARTITIONED:
        columns += [(name, "body") for name in (*months(table, 4), f"{table}_default")]
    with postgresql_database.begin() as tx:
        ensure_partitions(tx, months_ahead=3)
        for name, column in columns:
            assert tx.execute(statement, {"name": name, "column": column}).scalar_one() == "l", name


def test_sqlite_has_one_table(sqlite_database: Database) -> None:
    with sqlite_database.begin() as tx:
        assert ensure_partitions(tx) == []


def kept_in(tx: Transaction) -> dict[str, int]:
    rows = tx.execute(text("SELECT tableoid::regclass::text, count(*) FROM inbox_body GROUP BY 1"))
    return {row[0]: row[1] for row in rows}
