"""Whatever is wrong: one plain sentence on stderr, the exit code that says which kind, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from operations.cli.app import execute
from store.engine.database import Database
from store.engine.migrating import upgrade
from tests.integration.operations.conftest import Command

WRITEOFF = Path(sys.executable).with_name("writeoff")
AWAY = "postgresql://writeoff:secret@127.0.0.1:1/writeoff"
NO_BROKER = "amqp://writeoff:secret@127.0.0.1:1/"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No setting and no `.env`."""
    for name in [name for name in os.environ if name.startswith("WRITEOFF_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def says(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """Run a command that fails with this code; return its one sentence."""
    assert execute(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("writeoff: ")
    assert err.count("\n") == 1
    assert "secret" not in err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        ("intake", "WRITEOFF_DATABASE_URL"),
        ("scheduler", "WRITEOFF_DATABASE_URL"),
        ("worker", "WRITEOFF_DATABASE_URL"),
        ("relay", "WRITEOFF_DATABASE_URL"),
        ("worker", "WRITEOFF_BROKER_URL"),
        ("relay", "WRITEOFF_TASKS_URL"),
    ],
)
def test_a_role_without_a_url_names_the_variable(
    bare: pytest.MonkeyPatch, role: str, missing: str, sqlite_url: str
) -> None:
    """In a process of its own: a role takes over its process's logs."""
    urls = {
        "WRITEOFF_DATABASE_URL": sqlite_url,
        "WRITEOFF_BROKER_URL": "redis://127.0.0.1:1/0",
        "WRITEOFF_TASKS_URL": "redis://127.0.0.1:1/0",
    }
    for name in list(urls)[: list(urls).index(missing)]:
        bare.setenv(name, urls[name])
    done = subprocess.run([WRITEOFF, "run", role], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("writeoff: ")
    assert done.stderr.count("\n") == 1
    assert missing in done.stderr


def test_without_a_database_a_command_says_where_it_looked(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = says(capsys, 2, "queue", "list")
    assert "WRITEOFF_DATABASE_URL" in sentence
    assert "var" in sentence
    assert "WRITEOFF_DATABASE_URL" in says(capsys, 2, "db", "check")


def test_a_database_that_is_away_is_exit_4(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setenv("WRITEOFF_DATABASE_URL", AWAY)
    for arguments in (("queue", "list"), ("process", "show", "x"), ("db", "upgrade"), ("db", "current")):
        assert "connection" in says(capsys, 4, *arguments)
    assert execute(["db", "check"]) == 4
    assert "does not answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "nonsense", "http://localhost", "postgresql://h:port/x"]
)
def test_a_url_that_is_none_is_exit_2(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    bare.setenv("WRITEOFF_DATABASE_URL", url)
    for arguments in (("queue", "list"), ("db", "check"), ("db", "upgrade", "--url", url)):
        assert "database URL" in says(capsys, 2, *arguments)


def test_a_schema_of_another_version_is_exit_4_and_says_what_to_do(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sqlite_url: str
) -> None:
    bare.setenv("WRITEOFF_DATABASE_URL", sqlite_url)
    assert "writeoff db upgrade" in says(capsys, 4, "queue", "list")
    Database(sqlite_url).engine.connect().close()
    assert "writeoff db upgrade" in says(capsys, 4, "candidates")
    upgrade(sqlite_url)
    database = Database(sqlite_url)
    with database.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in says(capsys, 4, "kind", "pause", "generic", "--reason", "x")
    assert "newer version" in says(capsys, 1, "db", "upgrade")


def test_the_schema_is_upgraded_checked_and_named(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    bare.setenv("WRITEOFF_DATABASE_URL", database_url)
    steps = [("current",), ("check",), ("upgrade",), ("upgrade",), ("check",), ("current",)]
    codes = [execute(["db", *step]) for step in steps]
    out, err = capsys.readouterr()
    assert codes == [0, 1, 0, 0, 0, 0]
    assert out.splitlines() == [
        "empty",
        "The schema was upgraded from an empty database to step 0019.",
        "The schema is up to date, at step 0019.",
        "The schema is up to date, at step 0019.",
        "0019",
    ]
    assert err == "The database is empty: run `writeoff db upgrade`.\n"


def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setenv("WRITEOFF_WORKER_THREADS", "secret")
    bare.setenv("WRITEOFF_LOG_LEVEL", "loud")
    sentence = says(capsys, 2, "queue", "list")
    assert "WRITEOFF_WORKER_THREADS" in sentence
    assert "WRITEOFF_LOG_LEVEL" in sentence


def test_a_broker_that_is_away_leaves_what_the_database_knows(
    writeoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITEOFF_BROKER_URL", NO_BROKER)
    monkeypatch.setenv("WRITEOFF_TASKS_URL", "redis://127.0.0.1:1/0")
    told = writeoff("queue", "list", "--json")
    assert told.code == 4
    assert told.json["backlog"]["dead_letters"] == 2
    assert told.json["broker"]["inbound"] == []
    shown = writeoff("queue", "list")
    assert (shown.code, shown.err) == (4, "")
    assert "The broker does not answer" in shown.out
    assert "The tasks' broker does not answer" in shown.out
    assert "secret" not in shown.out + told.out


def test_without_brokers_the_queue_list_says_so_and_is_well(
    writeoff: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WRITEOFF_BROKER_URL")
    monkeypatch.delenv("WRITEOFF_TASKS_URL")
    shown = writeoff("queue", "list")
    assert shown.code == 0
    assert "WRITEOFF_BROKER_URL is not set." in shown.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("queue", "lits"),
        ("process", "show"),
        ("candidates", "--limit", "0"),
        ("db", "check", "--what"),
    ],
    ids=" ".join,
)
def test_a_mistake_in_the_command_is_exit_2(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    says(capsys, 2, *arguments)


@pytest.mark.parametrize("arguments", [(), ("db",), ("queue",), ("run",)])
def test_a_command_that_is_cut_short_shows_its_help(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert execute(arguments) == 2
    assert "Usage: writeoff" in capsys.readouterr().out


def test_a_bug_is_one_sentence_too(bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise KeyError("x")

    bare.setattr("operations.cli.version.migrating.head", broken)
    assert "A bug, please report it: KeyError: 'x' at test_trouble.py:" in says(capsys, 1, "version")


def test_the_installed_program_runs_and_ends_quietly_when_its_reader_goes(tmp_path: Path) -> None:
    version = subprocess.run([WRITEOFF, "version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert version.stdout.startswith("writeoff 0.")
    with subprocess.Popen(
        [WRITEOFF, "policy", "check", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.wait(60)
