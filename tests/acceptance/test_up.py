"""`writeoff up`: on servers, embedded, and in between; and that it leaves nobody behind."""

import os
import re
import signal
from datetime import date
from pathlib import Path

from proving.servers.postgresql import PostgreSQL
from store import opcos
from store.engine.database import Database
from tests.acceptance.conftest import Install
from tests.support.installation import ROLES
from tests.support.outcome import kinds
from tests.support.processes import Process, alive, descendants, eventually, program
from tests.support.upstream import example
from workers import brokers

REQUEST = ("account-updated", "write-off-requested.personal")
#: What the examples cause on the day of the request.
CAUSED = {
    "agency": ["referral-placed"],
    "gl": ["journal-posted"],
    "letter": ["letter-requested", "letter-requested"],
    "pulse.updates": [
        "account-written-off",
        "demerit-recorded",
        "process-ended",
        "process-started",
        "request-answered",
    ],
    "to-do": ["todo-created"],
}


def test_on_servers_it_runs_each_role_as_a_process_and_starts_again_what_dies(
    install: Install, tmp_path: Path
) -> None:
    installed = install()
    up = Process.up(installed.settings, tmp_path / "up.log")
    for role in ROLES:
        up.wait_for("writeoff.role.started", role=role)
    assert not up.count("writeoff.up.embedded")
    assert up.facts()[0]["event"] == "writeoff.up.open"

    killed = up.wait_for("writeoff.child.started", role="worker")["pid"]
    os.kill(killed, signal.SIGKILL)
    died = up.wait_for("writeoff.child.died", role="worker")
    assert died["code"] == -signal.SIGKILL
    assert up.wait_for("writeoff.child.started", times=2, role="worker")["pid"] != killed

    installed.publish(*map(example, REQUEST))
    eventually(lambda: bool(installed.select("SELECT 1 FROM processes")), "a process")
    installed.settle()
    told = {re.sub(r"^agency\..*", "agency", name): what for name, what in kinds(installed.read()).items()}
    assert told == CAUSED

    below = descendants(up.pid)
    assert len(below) == len(ROLES)
    assert up.stop() == 0
    assert not any(map(alive, below))
    stopped = [fact["role"] for fact in up.facts() if fact["event"] == "writeoff.child.stopped"]
    assert stopped[-1] == "relay"
    assert {fact["code"] for fact in up.facts() if fact["event"] == "writeoff.child.stopped"} == {0}


def test_killed_between_servers_and_embedding_it_leaves_nobody_behind(
    postgresql_url: str, tmp_path: Path
) -> None:
    settings = {"WRITEOFF_DATABASE_URL": postgresql_url, "WRITEOFF_DATA_DIR": str(tmp_path / "var")}
    up = Process.up(settings, tmp_path / "up.log")
    for role in ROLES:
        up.wait_for("writeoff.role.started", role=role)
    embedded = {fact["instead_of"] for fact in up.facts() if fact["event"] == "writeoff.up.embedded"}
    assert embedded == {"WRITEOFF_BROKER_URL", "WRITEOFF_TASKS_URL"}
    below = descendants(up.pid)
    assert len(below) == len(ROLES) + 1
    assert any("valkey.sock" in program(pid) or "unixsocket" in program(pid) for pid in below)

    up.kill()
    eventually(lambda: not any(map(alive, below)), "nobody left behind", seconds=5)


def test_embedded_it_is_one_process_with_a_valkey_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    settings = {"WRITEOFF_DATA_DIR": str(tmp_path / "var")}
    up = Process.up(settings, tmp_path / "up.log")
    places = up.wait_for("writeoff.up.embedded", instead_of="WRITEOFF_BROKER_URL")
    up.wait_for("writeoff.role.started", role="relay")
    (valkey,) = descendants(up.pid)
    second = Process.up(settings, tmp_path / "second.log")
    assert second.process.wait(60) != 0
    assert "in use by another" in second.log.read_text()

    database = Database(f"sqlite:///{tmp_path / 'var' / 'writeoff.sqlite'}")
    with database.begin() as tx:
        opcos.set_business_date(tx, None, date(2026, 11, 3))
    broker_url = str(places["where"])
    brokers.publish_inbound(broker_url, example("account-updated"))
    up.wait_for("writeoff.intake.committed")
    up.kill()
    eventually(lambda: not alive(valkey), "the end of Valkey", seconds=5)

    again = Process.up(settings, tmp_path / "again.log")
    again.wait_for("writeoff.role.started", role="relay")
    brokers.publish_inbound(broker_url, example("write-off-requested.personal"))
    assert not again.count("writeoff.role.weakened")
    with_letters = {"letter": 2}
    eventually(
        lambda: any(with_letters.items() <= fact.get("destinations", {}).items() for fact in again.facts()),
        "both letters",
    )
    (valkey,) = descendants(again.pid)
    assert again.stop() == 0
    assert not alive(valkey)
    database.close()


def test_on_a_server_it_does_not_touch_a_schema_that_is_behind(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    empty = postgresql.create_database(f"behind_{os.getpid()}")
    up = Process.up(
        {"WRITEOFF_DATABASE_URL": empty, "WRITEOFF_DATA_DIR": str(tmp_path / "var")}, tmp_path / "up.log"
    )
    assert up.process.wait(60) == 1
    assert "writeoff db upgrade" in up.wait_for("writeoff.up.refused")["reason"]
    assert not up.count("writeoff.child.started")


def test_a_role_refuses_a_schema_that_is_behind_and_says_how_to_mend_it(
    postgresql: PostgreSQL, redis_url: str, tmp_path: Path
) -> None:
    empty = postgresql.create_database(f"refused_{os.getpid()}")
    urls = {
        "WRITEOFF_DATABASE_URL": empty,
        "WRITEOFF_BROKER_URL": redis_url,
        "WRITEOFF_TASKS_URL": redis_url,
    }
    role = Process.role("relay", urls, tmp_path / "relay.log")
    assert role.process.wait(60) == 2
    said = role.wait_for("writeoff.role.refused", check="schema.behind")
    assert "writeoff db upgrade" in said["mend"]
    postgresql.drop_database(f"refused_{os.getpid()}")
