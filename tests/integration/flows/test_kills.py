"""Killed at any boundary and started again, the product comes to the same (R12)."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from proving.servers.valkey import Valkey
from tests.support import portfolio, upstream
from tests.support.killing import Boundaries, Killed
from tests.support.outcome import rows, said
from tests.support.plans import holding, make
from tests.support.world import World
from workers import expansion

#: Every boundary is swept; each test takes its share, so that they run beside each other.
SHARES = 4

DAYS: dict[date, list[upstream.Event]] = {
    date(2026, 11, 3): [
        upstream.account("RW-1"),
        upstream.attempt("RPA-1", "RW-1", "product-not-found"),
        upstream.payment("PAY-0", "RW-2", 500),
        upstream.account("RW-2"),
        upstream.request("WR-1", "RW-2", "RW-404"),
    ],
    date(2026, 11, 13): [
        upstream.payment("PAY-1", "RW-1", 2_000, received_at="2026-11-13T09:00:00Z"),
        upstream.bounce("PAY-2", "RW-2"),
        upstream.payment("PAY-2", "RW-2", 1_000, received_at="2026-11-13T09:00:00Z"),
    ],
    date(2027, 1, 2): [upstream.reversal("WV-1", "WR-1", "RW-2")],
}

Place = Callable[[], World]


@pytest.fixture
def fresh(migrated_file: Path, tmp_path: Path, valkey: Valkey) -> Iterator[Callable[[], Place]]:
    """Make a fresh database and broker, where worlds may be opened one after the other."""
    memory = Path("/dev/shm")  # noqa: S108 - killed processes need no disk, and hundreds of commits no fsync
    policy_dir = portfolio.policy_folder(tmp_path / "policies", "RW")
    name = f"kills_{os.getpid()}"
    opened: list[World] = []
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:

        def place() -> Place:
            path = Path(folder) / "writeoff.sqlite"
            for old in Path(folder).iterdir():
                old.unlink()
            shutil.copy(migrated_file, path)
            valkey.drop_database(name)
            broker_url = valkey.create_database(name)

            def open_one() -> World:
                for world in opened:
                    world.close()
                opened[:] = [
                    World(f"sqlite:///{path}", broker_url, policy_dir=policy_dir, business_date=None)
                ]
                return opened[0]

            return open_one

        yield place
        for world in opened:
            world.close()
    valkey.drop_database(name)


def live(place: Place, boundaries: Boundaries) -> World:
    """Live through the days; when killed, start again with nothing but database and broker."""
    world = place()
    for day, messages in DAYS.items():
        world.set_date(day)
        world.publish(*messages)
        for _ in range(2):
            world = _run(world, place, boundaries)
            world.age(31)
        world = _run(world, place, boundaries)
    return world


def _run(world: World, place: Place, boundaries: Boundaries) -> World:
    try:
        with boundaries.armed():
            world.run()
    except Killed:
        world = place()
        world.age(130)
        world.run()
    return world


def outcome(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    assert world.depths() == {}
    assert world.count("outbox") == world.count("running") == world.count("dead_letters") == 0
    return said(world.read()), rows(world)


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_any_boundary_it_comes_to_the_same(
    fresh: Callable[[], Place], monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    boundaries = Boundaries(monkeypatch)
    expected = outcome(live(fresh(), boundaries))
    passed = list(boundaries.passed)
    assert {"before a commit", "after a commit", "after an acknowledgement", "after a publishing"} == set(
        passed
    )

    for number in range(1 + share, len(passed) + 1, SHARES):
        boundaries.restart(kill_at=number)
        found = outcome(live(fresh(), boundaries))
        assert boundaries.kill_at is None
        assert found == expected, f"killed {passed[number - 1]}, boundary {number}"


def expanded(place: Place, boundaries: Boundaries) -> World:
    """Let a bulk request that holds to its plan be compared and decided; when killed, start again."""
    world = place()
    world.set_date(date(2026, 11, 3))
    accounts = [f"RW-{number}" for number in range(7)]
    world.publish(*(upstream.account(account_id) for account_id in accounts))
    world.run()
    request = upstream.request("WR-1", *accounts, accounts[0], "RW-404")
    _, digest = make(world, request)
    world.publish(holding(request, digest))
    try:
        with boundaries.armed():
            world.take()
            while world.count("request_items", "state = 'pending'"):
                world.actors.expand(["RW", "WR-1"])
    except Killed:
        world = place()
        world.age(130)
    for _ in range(2):
        world.run()
        world.age(31)
    world.run()
    return world


def test_killed_anywhere_in_the_expansion_of_a_planned_request_it_comes_to_the_same(
    fresh: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "ITEMS_A_SET", 3)
    boundaries = Boundaries(monkeypatch)
    expected = outcome(expanded(fresh(), boundaries))
    assert len(expected[1]["processes"]) == 7
    passed = list(boundaries.passed)
    for number in range(1, len(passed) + 1, 3):  # everything is swept above
        boundaries.restart(kill_at=number)
        found = outcome(expanded(fresh(), boundaries))
        assert boundaries.kill_at is None
        assert found == expected, f"killed {passed[number - 1]}, boundary {number}"
