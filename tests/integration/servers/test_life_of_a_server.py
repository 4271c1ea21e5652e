"""A server keeps its data and its port through `kill -9`, and nothing of it outlives its owner."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
from kombu.connection import Connection

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.server import Server
from proving.servers.valkey import Valkey

REPOSITORY = Path(__file__).parents[3]


def test_postgresql_keeps_what_was_committed(own_postgresql: PostgreSQL) -> None:
    url = own_postgresql.create_database("ledger")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE entry AS SELECT 1 AS minor_units")

    with psycopg.connect(url) as connection:
        own_postgresql.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    own_postgresql.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT minor_units FROM entry").fetchall() == [(1,)]


def test_a_killed_postgresql_leaves_no_shared_memory(own_postgresql: PostgreSQL) -> None:
    def segments() -> list[str]:
        return [line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()]

    postmaster, *_, key_and_segment, _ = (own_postgresql.data / "postmaster.pid").read_text().splitlines()
    segment = key_and_segment.split()[1]
    assert segment in segments()
    assert "PostgreSQL." not in Path(f"/proc/{postmaster}/maps").read_text(), "POSIX shared memory"

    own_postgresql.kill()

    assert segment not in segments()


def test_rabbitmq_keeps_what_it_confirmed(own_rabbitmq: RabbitMQ) -> None:
    url = own_rabbitmq.create_database("letters")
    quorum = {"x-queue-type": "quorum"}
    with Connection(url, transport_options={"confirm_publish": True}) as connection:
        connection.SimpleQueue("letter", queue_args=quorum).put({"letter": 1})

    own_rabbitmq.kill()
    own_rabbitmq.start()

    with Connection(url) as connection, connection.SimpleQueue("letter", queue_args=quorum) as letters:
        assert letters.get(timeout=30).payload == {"letter": 1}


def test_valkey_keeps_what_it_wrote(own_valkey: Valkey) -> None:
    url = own_valkey.create_database("hints")
    with redis.Redis.from_url(url) as client:
        client.set("hint", "due")

    own_valkey.kill()
    own_valkey.start()

    with redis.Redis.from_url(url) as client:
        assert client.get("hint") == b"due"


def test_a_stopped_server_starts_again(own_postgresql: PostgreSQL) -> None:
    own_postgresql.restart()
    assert own_postgresql.running()
    assert own_postgresql.answers()


def test_a_template_is_filled_once(postgresql: PostgreSQL) -> None:
    filled = []

    def fill(url: str) -> None:
        filled.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE ledger (entry bigint)")

    name = f"template_{os.getpid()}"
    postgresql.create_template(name, fill)
    postgresql.create_template(name, fill)

    with psycopg.connect(postgresql.create_database(f"copy_{os.getpid()}", name)) as connection:
        assert connection.execute("SELECT count(*) FROM ledger").fetchone() == (0,)
    assert len(filled) == 1


@pytest.mark.parametrize("server", [PostgreSQL, RabbitMQ, Valkey])
def test_nothing_outlives_a_killed_owner(server: type[Server]) -> None:
    program = (
        f"from {server.__module__} import {server.__name__} as Server\n"
        "server = Server()\n"
        "server.start()\n"
        "print(server.folder, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        assert processes_of(folder)
        owner.kill()

    within(seconds=10, holds=lambda: is_gone(folder))


def test_workers_share_one_server_that_ends_with_a_killed_run(tmp_path: Path) -> None:
    (tmp_path / "test_share.py").write_text(
        "import pathlib, time, pytest\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_share(valkey, own_valkey, number):\n"
        f"    note = pathlib.Path('{tmp_path}', str(number))\n"
        "    note.write_text(f'{valkey.folder} {own_valkey.folder}')\n"
        "    time.sleep(60)\n"
    )
    command = [
        *(sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml"),
        *("--basetemp", str(tmp_path / "base"), "-n", "2", str(tmp_path)),
    ]
    notes = [tmp_path / "0", tmp_path / "1"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as run:
        try:
            within(seconds=60, holds=lambda: all(note.exists() and note.read_text() for note in notes))
        finally:
            run.kill()

    (shared, own), (shared_too, own_too) = (map(Path, note.read_text().split()) for note in notes)
    assert shared == shared_too
    assert own != own_too
    within(seconds=10, holds=lambda: all(map(is_gone, (shared, own, own_too))))


def processes_of(folder: Path) -> list[int]:
    """Processes that were started with the folder, or for it, or that stand in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            stands_in = (process / "cwd").readlink()
            if str(folder).encode() in words or stands_in.is_relative_to(folder):
                found.append(int(process.name))
    return found


def is_gone(folder: Path) -> bool:
    return not processes_of(folder) and not folder.exists()


def within(*, seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
