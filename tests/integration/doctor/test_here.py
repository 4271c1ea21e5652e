"""This process and its SQLite file: settings, schema, where the file lies; and what a role does about it."""

import json
from pathlib import Path

import pytest
from dramatiq import worker as dramatiq_worker
from sqlalchemy import event

from operations.cli.app import execute
from proving.servers.server import free_port
from proving.servers.valkey import Valkey
from store.engine.database import Database
from tests.integration.doctor.conftest import TOPOLOGY, Examine, upgraded
from workers import doctor
from workers.brokers import BrokerUnavailable
from workers.doctor import Installation
from workers.doctor.areas import sqlite as area
from workers.settings import Settings

SOCKET = "redis+socket:///tmp/nobody-listens/valkey.sock?virtual_host=0"


def weakened(url: str, pragma: str) -> Database:
    database = Database(url)

    @event.listens_for(database.engine, "connect")
    def weaken(connection: object, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    return database


def test_an_embedded_installation_is_silent(examined: Examine) -> None:
    assert examined() == {}


@pytest.mark.parametrize(
    ("pragma", "check"),
    [("synchronous=NORMAL", "sqlite.synchronous"), ("journal_mode=MEMORY", "sqlite.journal")],
)
def test_sqlite_that_does_not_sync_is_refused(
    sqlite_url: str, examined: Examine, pragma: str, check: str
) -> None:
    found = examined(database=weakened(sqlite_url, pragma))
    assert {name: each.loses for name, each in found.items()} == {check: True}


def test_a_file_on_another_machine_is_found(
    sqlite_url: str, tmp_path: Path, examined: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    root = "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
    mounts.write_text(f"{root}30 21 0:40 / {tmp_path} rw shared:2 - nfs4 server:/export rw\n")
    monkeypatch.setattr(area, "MOUNTS", mounts)
    assert examined(database_url=sqlite_url).keys() == {"sqlite.network"}
    mounts.write_text(root)
    assert examined(database_url=sqlite_url) == {}


def test_settings_that_weaken_it_are_found(
    own_valkey: Valkey, examined: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = {"business_date_allowed": True}
    assert examined(settings=moves) == {}
    found = examined(broker_url=own_valkey.url(), settings=moves)
    assert found.keys() == {"settings.auth-open", "settings.business-date-allowed"}
    monkeypatch.setattr(dramatiq_worker, "QUEUE_PREFETCH", 2)
    assert examined(settings={"worker_threads": 2}) == {}
    assert examined(settings={"worker_threads": 8}).keys() == {"settings.small-prefetch"}


def installation(url: str, broker_url: str | None = None) -> Installation:
    return Installation(
        Settings(_env_file=None), database=Database(url), broker_url=broker_url, topology=TOPOLOGY
    )


def test_a_schema_of_another_version_is_refused(sqlite_url: str) -> None:
    with pytest.raises(doctor.RoleRefused, match="writeoff db upgrade"):
        doctor.admit(installation(sqlite_url))
    upgraded(sqlite_url)
    doctor.admit(installation(sqlite_url))
    database = Database(sqlite_url)
    with database.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(doctor.RoleRefused, match="newer version"):
        doctor.admit(installation(sqlite_url))


def test_a_role_waits_for_a_server_that_is_away_and_refuses_all_the_same(sqlite_url: str) -> None:
    away = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(doctor.RoleRefused):
        doctor.admit(installation(sqlite_url, away))
    with pytest.raises(BrokerUnavailable):
        doctor.admit(installation(upgraded(sqlite_url), away))


def test_the_command_says_what_why_and_how_to_mend(
    own_valkey: Valkey, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WRITEOFF_DATA_DIR", str(tmp_path))
    upgraded(f"sqlite:///{tmp_path / 'writeoff.sqlite'}")
    assert execute(["doctor"]) == 0
    assert "nothing weakens a promise" in capsys.readouterr().out

    monkeypatch.setenv("WRITEOFF_BROKER_URL", own_valkey.url())
    assert execute(["doctor", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [each["check"] for each in said["findings"]] == ["settings.auth-open"]
    assert all(said["findings"][0][name].endswith(".") for name in ("what", "why", "mend"))
    assert execute(["doctor"]) == 1
    assert "settings.auth-open" in capsys.readouterr().out

    monkeypatch.setenv("WRITEOFF_BROKER_URL", f"redis://127.0.0.1:{free_port()}/0")
    assert execute(["doctor"]) == 4
    assert "Not looked at" in capsys.readouterr().out
