"""SQLite's disk is full while a file says so, and for no other process."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from proving.faults.disk import FullEmbeddedDisk
from proving.startup.full_disk import may_be_full
from store.engine.database import Database
from store.engine.errors import StoreUnavailable
from tests.integration.faults.conftest import SEEDED

#: Writes a row for each line that it is told, and says how that ended and how many there are.
WRITING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("PRAGMA synchronous=FULL")
connection.execute("CREATE TABLE IF NOT EXISTS rows (text)")
print("ready", flush=True)
for line in sys.stdin:
    try:
        connection.execute("INSERT INTO rows VALUES (?)", [line * 9_000])
        said = "OK"
    except sqlite3.Error as error:
        said = error.sqlite_errorname
    print(said, connection.execute("SELECT count(*) FROM rows").fetchone()[0], flush=True)
"""


def test_writes_fail_as_on_a_full_disk_and_reading_goes_on(tmp_path: Path) -> None:
    path = str(tmp_path / "one.sqlite")
    fault = FullEmbeddedDisk()
    site = SimpleNamespace(
        full_disk=tmp_path / "full",
        processes={"up-1": SimpleNamespace(role="up"), "worker-1": SimpleNamespace(role="worker")},
    )
    assert fault.targets(site) == ["up-1"]  # type: ignore[arg-type]
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, path],
        env=may_be_full(os.environ, site.full_disk),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:

        def write() -> str:
            assert writer.stdin is not None
            writer.stdin.write("x")
            writer.stdin.write("\n")
            writer.stdin.flush()
            return answer()

        def answer() -> str:
            assert writer.stdout is not None
            return writer.stdout.readline().strip()

        assert write() == "ready"
        assert answer() == "OK 1"
        fault.strike(site, "up-1", SEEDED)  # type: ignore[arg-type]
        assert write() == write() == "SQLITE_FULL 1"
        with closing(sqlite3.connect(path)) as another:  # which has no part in it
            another.execute("INSERT INTO rows VALUES ('mine')")
            another.commit()
        fault.undo(site)  # type: ignore[arg-type]
        fault.undo(site)  # type: ignore[arg-type]
        assert write() == "OK 3"
    assert writer.returncode == 0
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert after.execute("SELECT count(*) FROM rows").fetchone() == (3,)


def test_a_full_disk_is_waited_out_like_a_server_that_is_away(tmp_path: Path) -> None:
    """Told by SQLite itself, with a limit of pages in the place of a disk."""
    database = Database(f"sqlite:///{tmp_path / 'one.sqlite'}")
    with database.begin() as tx:
        tx.connection.exec_driver_sql("CREATE TABLE rows (text)")

    def write_more_than_there_is_room_for() -> None:
        with database.begin() as tx:
            tx.connection.exec_driver_sql("PRAGMA max_page_count = 3")
            tx.connection.exec_driver_sql("INSERT INTO rows VALUES (?)", ("x" * 100_000,))

    with pytest.raises(StoreUnavailable, match="full"):
        write_more_than_there_is_room_for()
    with database.begin() as tx:
        tx.connection.exec_driver_sql("INSERT INTO rows VALUES ('y')")
    with database.read() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM rows").scalar_one() == 1
