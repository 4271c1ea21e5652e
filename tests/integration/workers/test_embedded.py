"""The embedded installation: everything in one process, and a way to know when it is done."""

import threading
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from store import opcos
from store.work import pausing
from tests.support.upstream import example
from workers import brokers
from workers.embedded.data_folder import DataFolder, DataFolderUnusable
from workers.embedded.everything import Embedded
from workers.scheduling.settling import NotSettled
from workers.settings import Settings

SETTINGS = Settings(_env_file=None)


def publish_request(running: Embedded) -> None:
    with running.parts.database.begin() as tx:
        opcos.set_business_date(tx, None, date(2026, 11, 3))
    for name in ("account-updated", "write-off-requested.personal"):
        brokers.publish_inbound(running.broker_url, example(name))


def letters(running: Embedded) -> int | None:
    return brokers.queue_depths(running.broker_url, ["letter"])["letter"].ready


def test_settled_means_that_everything_has_been_told_to_everybody(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with Embedded.start(tmp_path, SETTINGS) as running:
        publish_request(running)
        looks: list[dict[str, int]] = []
        running.settle(60, watch=looks.append)
        assert letters(running) == 2
        assert looks[-1] == looks[-2] == {}
        assert running.to_do() == {}
    assert {thread.name for thread in set(threading.enumerate()) - before} <= {"MainThread"}

    with Embedded.start(tmp_path, SETTINGS) as again:
        assert again.to_do() == {}
        assert letters(again) == 2


def test_what_does_not_settle_says_what_is_left(tmp_path: Path) -> None:
    with Embedded.start(tmp_path, SETTINGS) as running:
        with running.parts.database.begin() as tx:
            pausing.pause(tx, "send-letter", "a test", "u-1")
        publish_request(running)
        running.settle(60)
        assert letters(running) == 0
        with running.parts.database.begin() as tx:
            pausing.resume(tx, "send-letter")
        with pytest.raises(NotSettled, match="send-letter"):
            running.settle(0)
        running.settle(60)
        assert letters(running) == 2


def test_it_never_uses_the_servers_that_settings_name(tmp_path: Path) -> None:
    nowhere = SecretStr("postgresql://production/writeoff")
    settings = SETTINGS.model_copy(
        update={"database_url": nowhere, "broker_url": nowhere, "tasks_url": nowhere}
    )
    with Embedded.start(tmp_path, settings) as running:
        assert running.parts.database.dialect == "sqlite"
        assert str(tmp_path) in running.broker_url


def test_a_folder_serves_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.embedded.data_folder.LOCK_SECONDS", 0.1)
    with (
        DataFolder.locked(tmp_path),
        pytest.raises(DataFolderUnusable, match="in use by another"),
        DataFolder.locked(tmp_path),
    ):
        pass
    with DataFolder.locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataFolderUnusable, match="cannot be used"),
        DataFolder.locked(tmp_path / "file" / "var"),
    ):
        pass
