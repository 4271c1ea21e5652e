"""The few statements that everything in `store` is made of mean the same on both databases."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, MetaData, Table, Text, func, select, text

from store.engine.database import Database
from store.engine.errors import StoreBusy, StoreConflict, StoreError, StoreUnavailable
from store.engine.transaction import FEW
from store.tables.types import Id, Key, Minor, Timestamp
from tests.integration.store.concurrency import Started

samples = Table(
    "samples",
    MetaData(),
    Column("name", Key, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("amount", Minor),
    Column("day", Date),
    Column("moment", Timestamp),
    Column("flag", Boolean(create_constraint=False)),
    Column("body", LargeBinary),
    Column("uuid", Id),
    Column("note", Text),
)
COLUMNS = tuple(column.name for column in samples.columns)
KEY = ("name", "number")

Row = tuple[Any, ...]

FULL: Row = (
    "full",
    1,
    9_000_000_000_000,
    date(2026, 2, 28),
    datetime(2026, 11, 3, 23, 59, 59, 123456, UTC),
    True,
    bytes(range(256)),
    "c0ffee00-0000-5000-8000-000000000001",
    'a note with "quotes", \\backslash\\, \ttab,\nline\r\nand \\N',
)
NONE: Row = ("none", 2, None, None, None, None, None, None, None)
EDGES: Row = (
    "Zoë Ngũgĩ 𝄞 \u200f",
    -2_147_483_648,
    -(2**63),
    date(1970, 1, 1),
    datetime(1970, 1, 1, tzinfo=UTC),
    False,
    b"",
    "00000000-0000-0000-0000-000000000000",
    "",
)
#: Texts that a codec might take for something else.
TEXTS = [
    "null",
    "true",
    "1",
    "1.0",
    "[1]",
    '{"a": 1}',
    "NULL",
    "\\x00ff",
    "{}",
    "'",
    "%s",
    ":name",
    "?",
    " a ",
]


@pytest.fixture
def store(database: Database) -> Iterator[Database]:
    with database.begin() as tx:
        samples.metadata.create_all(tx.connection)
    yield database
    with database.begin() as tx:
        samples.metadata.drop_all(tx.connection)


def stored(store: Database) -> list[Row]:
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(select(samples).order_by(samples.c.name, samples.c.number))]


def row(name: str, number: int = 1, note: str | None = None) -> Row:
    return (name, number, None, None, None, None, None, None, note)


ROWS = sorted([FULL, NONE, EDGES, *(row("text", i, each) for i, each in enumerate(TEXTS))])


def test_appended_rows_come_back_as_they_were(store: Database) -> None:
    """Few and many are written in different ways."""
    assert len(ROWS) > FEW
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, ROWS)
    assert stored(store) == ROWS
    with store.begin() as tx:
        tx.delete(samples, KEY, [each[:2] for each in ROWS])
        for start in range(0, len(ROWS), FEW):
            tx.insert(samples, COLUMNS, ROWS[start : start + FEW])
    assert stored(store) == ROWS


def test_what_nobody_waits_for_is_done_before_what_is_asked(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row("a", 1, "first"), row("b", 1, "first")])
        tx.update(samples, KEY, ("note",), [("a", 1, "second")])
        tx.delete(samples, KEY, [("b", 1)])
        tx.insert(samples, COLUMNS, [row("b", number, "many") for number in range(1, FEW + 2)])
        assert tx.updated(samples, KEY, ("note",), [("b", 1, "third"), ("c", 1, "third")]) == 1
        tx.delete(samples, KEY, [("b", 2)])
        counted = select(func.count()).select_from(samples)
        assert tx.execute(counted).scalar_one() == FEW + 1
        tx.insert(samples, COLUMNS, [row("d")])
        assert tx.tuples(counted)[0][0] == FEW + 2
        tx.delete(samples, KEY, [("d", 1)])
        assert tx.ask(counted)[0][0] == FEW + 1
        tx.update(samples, KEY, ("note",), [("a", 1, "last")])
    assert {each[0]: each[8] for each in stored(store) if each[1] == 1} == {"a": "last", "b": "third"}


def test_what_nobody_waits_for_is_rolled_back_with_the_rest(store: Database) -> None:
    def write(*, conflicts: bool) -> None:
        with store.begin() as tx:
            tx.insert(samples, COLUMNS, [row("a")])
            tx.insert(samples, COLUMNS, [row("a" if conflicts else "b")])
            tx.insert(samples, COLUMNS, [row("c")])
            if not conflicts:
                raise KeyError

    with pytest.raises(StoreConflict):
        write(conflicts=True)
    with pytest.raises(KeyError):
        write(conflicts=False)
    assert stored(store) == []


def test_new_rows_come_back_as_they_were(store: Database) -> None:
    with store.begin() as tx:
        assert tx.insert_new(samples, COLUMNS, ROWS, KEY) == {each[:2] for each in ROWS}
    assert stored(store) == ROWS


def test_updated_rows_come_back_as_they_were(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row(each[0], each[1], "before") for each in ROWS])
        assert tx.updated(samples, KEY, COLUMNS[2:], ROWS) == len(ROWS)
    assert stored(store) == ROWS


def test_values_joined_to_come_back_as_they_were(store: Database) -> None:
    with store.read() as tx:
        given = tx.rows("given", list(samples.columns), ROWS)
        assert sorted(tuple(each) for each in tx.execute(select(given))) == ROWS


def test_values_are_equal_to_stored_ones(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [FULL, EDGES])
        given = tx.rows("given", list(samples.columns), [FULL, EDGES])
        for column in samples.columns:
            found = select(samples.c.name).join(given, given.c[column.name] == column)
            assert {each.name for each in tx.execute(found)} == {FULL[0], EDGES[0]}, column.name


def test_a_moment_is_the_same_in_every_zone(store: Database) -> None:
    kigali = datetime(2026, 11, 4, 1, 59, 59, 123456, timezone(timedelta(hours=2)))
    with store.begin() as tx:
        tx.insert(samples, ("name", "number", "moment"), [("appended", 1, kigali)])
        tx.insert_new(samples, ("name", "number", "moment"), [("new", 1, kigali)], KEY)
        assert tx.execute(select(samples.c.name).where(samples.c.moment == kigali)).all() == [
            ("appended",),
            ("new",),
        ]
        moments = tx.execute(select(samples.c.moment)).scalars().all()
    assert {(moment, moment.utcoffset()) for moment in moments} == {(FULL[4], timedelta(0))}


def test_a_moment_without_a_zone_is_refused(store: Database) -> None:
    naive = datetime(2026, 11, 3, 12)  # noqa: DTZ001 - the mistake itself
    with pytest.raises(StoreError), store.begin() as tx:
        tx.execute(select(samples).where(samples.c.moment == naive))


def test_nothing_to_write_is_no_statement(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [])
        assert tx.insert_new(samples, COLUMNS, [], KEY) == set()
        assert tx.updated(samples, KEY, ("note",), []) == 0


def test_no_values_to_join_to_are_no_rows(store: Database) -> None:
    with store.read() as tx:
        assert tx.execute(select(tx.rows("given", [samples.c.name, samples.c.day], []))).all() == []


def test_rows_whose_key_is_there_are_left_as_they_are(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row("a", 1, "first")])
        again = [row("a", 1, "second"), row("a", 2, "second"), row("b", 1, "second")]
        assert tx.insert_new(samples, COLUMNS, again, KEY) == {("a", 2), ("b", 1)}
    assert [each[-1] for each in stored(store)] == ["first", "second", "second"]


def test_the_first_of_two_new_rows_with_one_key_counts(store: Database) -> None:
    with store.begin() as tx:
        assert tx.insert_new(samples, COLUMNS, [row("a", 1, "first"), row("a", 1, "second")], KEY) == {
            ("a", 1)
        }
    assert stored(store) == [row("a", 1, "first")]


def test_an_update_touches_the_named_rows_and_columns_alone(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [FULL, row("other", 1, "kept")])
        changed = [("full", 1, "changed"), ("missing", 1, "changed")]
        assert tx.updated(samples, KEY, ("note",), changed) == 1
    assert stored(store) == [(*FULL[:-1], "changed"), row("other", 1, "kept")]


def test_keys_sort_by_code_point_as_in_python(store: Database) -> None:
    names = ["b", "B", "a", "Z", "é", "_", "1", "a b", "ab", "a-b", "𝄞", "\uffee"]
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row(name) for name in names])
        found = tx.execute(select(samples.c.name).order_by(samples.c.name)).scalars().all()
    assert found == sorted(names)


def test_ten_thousand_rows_are_one_statement(store: Database) -> None:
    many = [row("many", number, "x" * 100) for number in range(10_000)]
    with store.begin() as tx:
        assert len(tx.insert_new(samples, COLUMNS, many, KEY)) == 10_000
        changed = [("many", number, "y") for number in range(10_000)]
        assert tx.updated(samples, KEY, ("note",), changed) == 10_000


def test_the_clock_stands_still_in_a_transaction(store: Database) -> None:
    with store.begin() as tx:
        before = tx.now
        assert before.tzinfo is UTC
        assert abs(datetime.now(UTC) - before) < timedelta(minutes=1)
        assert tx.now == before
    with store.begin() as tx:
        assert tx.now >= before


def test_what_is_appended_and_nothing_else_is_kept(store: Database) -> None:
    """PostgreSQL: a COPY goes past SQLAlchemy, which must commit all the same."""
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row("alone")])
    assert stored(store) == [row("alone")]


def test_a_block_that_ends_badly_leaves_nothing(store: Database) -> None:
    def write_and_fail() -> None:
        with store.begin() as tx:
            tx.insert(samples, COLUMNS, [row("gone")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert stored(store) == []


@pytest.mark.parametrize("first", [True, False])
def test_a_row_that_is_there_is_a_conflict_and_rolls_back(store: Database, first: bool) -> None:  # noqa: FBT001
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row("there", 1, "first")])

    def write_again() -> None:
        with store.begin() as tx:
            tx.insert_new(samples, COLUMNS, [] if first else [row("gone")], KEY)
            tx.insert(samples, COLUMNS, [row("there", 1, "second")])

    with pytest.raises(StoreConflict):
        write_again()
    assert stored(store) == [row("there", 1, "first")]


def test_an_error_tells_no_values(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row("Marie Uwase", 7)])
    for write in (
        lambda tx: tx.insert(samples, COLUMNS, [row("Marie Uwase", 7)]),
        lambda tx: tx.execute(samples.insert().values(name="Marie Uwase", number=7)),
    ):
        with pytest.raises(StoreConflict) as caught, store.begin() as tx:
            write(tx)
        assert "Marie" not in str(caught.value)


def test_a_statement_that_makes_no_sense_is_a_store_error_and_no_outage(store: Database) -> None:
    for statement in ("SELECT nonsense FROM samples", "SELECT 1 FROM nowhere", "SELEC"):
        with pytest.raises(StoreError) as caught, store.begin() as tx:
            tx.execute(text(statement))
        assert not isinstance(caught.value, StoreUnavailable), statement


def test_a_connection_that_broke_is_not_used_again(postgresql_database: Database) -> None:
    def end_the_session(copy: bool) -> None:  # noqa: FBT001
        with postgresql_database.begin() as tx:
            pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with postgresql_database.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            if copy:
                tx.insert(samples, COLUMNS, [row("gone")])
            tx.execute(text("SELECT 1"))

    with postgresql_database.begin() as tx:
        samples.metadata.create_all(tx.connection)
    for copy in (False, True):
        with pytest.raises(StoreUnavailable):
            end_the_session(copy)
        assert stored(postgresql_database) == []


def test_what_went_wrong_first_is_what_is_raised(postgresql_database: Database) -> None:
    def fail() -> None:
        with postgresql_database.begin() as tx:
            pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with postgresql_database.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            raise KeyError(pid)

    for _ in range(2):
        with pytest.raises(KeyError):
            fail()


def test_readers_wait_for_no_writer(store: Database) -> None:
    with store.begin() as tx:
        tx.insert(samples, COLUMNS, [row("unseen")])
        assert Started(lambda: stored(store)).result(5) == []
    assert stored(store) == [row("unseen")]


@pytest.mark.parametrize("same_process", [True, False])
def test_writers_of_sqlite_take_turns(sqlite_database: Database, same_process: bool) -> None:  # noqa: FBT001
    first = sqlite_database
    second = first if same_process else Database(first.url.render_as_string())

    def write(name: str) -> str:
        with second.begin() as tx:
            tx.insert(samples, COLUMNS, [row(name)])
        return name

    with first.begin() as tx:
        samples.metadata.create_all(tx.connection)
    with first.begin():
        started = Started(lambda: write("second"))
        assert started.waits()
    assert started.result() == "second"
    assert stored(first) == [row("second")]


def test_sqlite_waits_only_so_long_for_another_process(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.engine.database.BUSY_TIMEOUT_MS", 100)
    impatient = Database(sqlite_database.url.render_as_string())
    with sqlite_database.begin(), pytest.raises(StoreBusy), impatient.begin():
        pass


def test_postgresql_waits_only_so_long_for_a_lock(postgresql_database: Database) -> None:
    with postgresql_database.begin() as tx:
        samples.metadata.create_all(tx.connection)

    def write_impatiently() -> None:
        with postgresql_database.begin() as tx:
            tx.execute(text("SET LOCAL lock_timeout = 100"))
            tx.insert(samples, COLUMNS, [row("first")])

    with postgresql_database.begin() as tx:
        tx.insert_new(samples, COLUMNS, [row("first")], KEY)
        with pytest.raises(StoreBusy):
            write_impatiently()


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite lets one of them switch it to WAL mode, and tells the others that it is locked."""
    for number in range(30):
        databases = [Database(f"sqlite:///{tmp_path}/{number}.db") for _ in range(6)]
        together = threading.Barrier(len(databases))

        def write(database: Database, together: threading.Barrier = together) -> None:
            together.wait()
            with database.begin() as tx:
                tx.execute(text("CREATE TABLE IF NOT EXISTS opened (name TEXT)"))
            database.close()

        for started in [Started(partial(write, each)) for each in databases]:
            started.result()
