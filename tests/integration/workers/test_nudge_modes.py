"""Every nudge dropped, every nudge doubled, on Dramatiq itself: four months of write-offs come to the same.

`tests/integration/flows/test_deliveries.py` has the same for nudges that are handed over in one process.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from proving.servers.valkey import Valkey
from store import opcos as opco_store
from store.engine import migrating
from tests.support import portfolio
from tests.support.ageing import let_pass
from tests.support.outcome import rows, said
from tests.support.world import World
from workers import brokers
from workers.embedded.everything import Embedded
from workers.hints.tasks import DramatiqNudger
from workers.settings import Settings

SETTLED_SECONDS = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database and a policy: Rwanda's alone, with one agency to choose."""
    path = tmp_path_factory.mktemp("modes")
    migrating.upgrade(f"sqlite:///{path / 'migrated.sqlite'}")
    portfolio.policy_folder(path / "policies", "RW")
    return path


@pytest.fixture(scope="module")
def reference(folder: Path, valkey: Valkey) -> Iterator[tuple[Any, Any]]:
    """What it comes to when each nudge is handed over once, in one process."""
    name = f"modes_{os.getpid()}"
    database_url = copied(folder, folder / "reference.sqlite")
    world = World(database_url, valkey.create_database(name), policy_dir=folder / "policies")
    for day, messages in portfolio.days("RW").items():
        world.set_date(day)
        world.publish(*messages)
        world.run()
        world.age(31)
        world.run()
    yield said(world.read()), rows(world)
    world.close()
    valkey.drop_database(name)


def copied(folder: Path, to: Path) -> str:
    shutil.copy(folder / "migrated.sqlite", to)
    return f"sqlite:///{to}"


def break_nudges(monkeypatch: pytest.MonkeyPatch, mode: str) -> dict[str, int]:
    """Have every nudge dropped but the scheduler's own, or every nudge doubled; count what became of them."""
    send = DramatiqNudger._send
    counts = {"sent": 0, "dropped": 0}

    def changed(nudger: DramatiqNudger, actor: str, argument: object) -> None:
        if mode == "dropped" and threading.current_thread().name != "scheduler":
            counts["dropped"] += 1
            return
        for _ in range(2 if mode == "doubled" else 1):
            send(nudger, actor, argument)
            counts["sent"] += 1

    monkeypatch.setattr(DramatiqNudger, "_send", changed)
    return counts


@pytest.fixture(params=["redis", "amqp"])
def settings(folder: Path, tmp_path: Path, redis_url: str, request: pytest.FixtureRequest) -> Settings:
    """An installation on SQLite and Redis, with Dramatiq on either broker."""
    return Settings(
        _env_file=None,
        database_url=SecretStr(copied(folder, tmp_path / "writeoff.sqlite")),
        broker_url=SecretStr(redis_url),
        tasks_url=SecretStr(redis_url if request.param == "redis" else request.getfixturevalue("amqp_url")),
        policy_dir=folder / "policies",
        scheduler_patience_seconds=0,
    )


@pytest.mark.parametrize("mode", ["dropped", "doubled"])
def test_the_whole_life_comes_to_the_same(
    settings: Settings, reference: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    counts = break_nudges(monkeypatch, mode)
    with Embedded.running(settings) as running:
        for day, messages in portfolio.days("RW").items():
            with running.parts.database.begin() as tx:
                opco_store.set_business_date(tx, None, day)
            for message in messages:
                brokers.publish_inbound(running.broker_url, message)
            running.settle(SETTLED_SECONDS)
            let_pass(running.parts.database, 31)
            running.settle(SETTLED_SECONDS)
        urls = running.parts.database.url.render_as_string(hide_password=False), running.broker_url
    monkeypatch.undo()

    world = World(*urls, policy_dir=settings.policy_dir, business_date=None)
    found = said(world.read()), rows(world)
    world.close()
    assert found == reference
    # How many there are depends on what arrives together.
    assert counts["sent"] > 0
    assert (counts["dropped"] > 0) == (mode == "dropped")
