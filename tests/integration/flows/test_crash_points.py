"""Killed at any crash point and started again, the product comes to the same (R12).

Real processes, killed by SIGKILL: every point in one step of a life on SQLite with Redis, and on one of the
other combinations, which chance chooses. `make crash-points` kills in several steps on all of them, and at
pairs of points.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import pytest

from proving.servers.postgresql import PostgreSQL
from store.crash_points import POINTS
from tests.crash_points import page
from tests.crash_points.combinations import COMBINATIONS
from tests.crash_points.lives import Lives
from tests.crash_points.place import Places
from tests.crash_points.sweep import LASTING, Sweep

#: Another combination and other steps each day; a failure names its seed.
SEED = int(os.environ.get("WRITEOFF_CRASH_SEED", str(int(time.time()) // 86_400)))
EMBEDDED, *OTHERS = COMBINATIONS
#: Each test takes its share of the lives, so that they run beside each other.
SHARES = 2


@contextmanager
def sweeping(combination: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sweep]:
    database, _, broker = combination.partition("-")
    memory = Path("/dev/shm")  # noqa: S108 - killed processes need no disk, and hundreds of commits no fsync
    with ExitStack() as stack:
        place = memory if os.access(memory, os.W_OK) else tmp_path
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-", dir=place)))
        where: PostgreSQL | Path = (
            request.getfixturevalue("postgresql") if database == "postgresql" else folder
        )
        server = request.getfixturevalue("valkey" if broker == "redis" else "rabbitmq")
        yield Sweep(stack.enter_context(Lives(Places(folder, where, server))), combination)


def sweep_points(sweep: Sweep, combination: str, share: int) -> None:
    """Kill at a share of the points; with those behind lasting failures, the shares have all there are."""
    chains = sweep.points(Random(SEED))  # noqa: S311 - any will do
    killing = {chain[-1].point for chain in chains} | {point for ways in LASTING for point in ways}
    here = {"everywhere", *combination.split("-")}
    assert killing == {name for name, point in POINTS.items() if point.where in here}
    for packed in sweep.packed(chains)[share::SHARES]:
        sweep.run(packed)
    assert sweep.findings.differences == [], f"WRITEOFF_CRASH_SEED={SEED}, {combination}"
    assert sum(sweep.findings.kills.values()) > len(POINTS) / (SHARES + 1)


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_any_point_it_comes_to_the_same(
    share: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with sweeping(EMBEDDED, request, tmp_path) as sweep:
        events = sweep.plain.came_to["noted"]["rows"]["events"]
        assert {row[2] for row in events} == {
            "affect-credit-rating",
            "cancel-agency-referral",
            "generic",
            "refer-to-agency",
            "send-letter",
            "send-to-do",
            "write-off-distribution-code",
            "write-off-sa-type",
        }
        sweep_points(sweep, EMBEDDED, share)


@pytest.mark.parametrize("share", range(SHARES))
def test_on_other_servers_too(share: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    combination = Random(SEED).choice(OTHERS)  # noqa: S311 - any will do
    with sweeping(combination, request, tmp_path) as sweep:
        sweep_points(sweep, combination, share)


def test_killed_after_something_has_failed_for_good_the_same_has_failed(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with sweeping(EMBEDDED, request, tmp_path) as sweep:
        sweep.run_lasting()
        assert sweep.findings.differences == []
        assert set(sweep.findings.kills) == {point for ways in LASTING for point in ways}


def test_the_page_has_every_point_and_no_other() -> None:
    rows = [line.split("|") for line in page.PAGE.read_text().splitlines() if line.startswith("| `")]
    assert {row[1].strip(" `"): row[2].strip() for row in rows} == {
        name: point.moment for name, point in POINTS.items()
    }
    told = {
        (row[1].strip(" `"), name): cell.strip()
        for row in rows
        for name, cell in zip(COMBINATIONS, row[3:7], strict=True)
    }
    for (point, name), cell in told.items():
        reachable = POINTS[point].where in {"everywhere", *name.split("-")}
        assert (cell == "-") != reachable, (point, name)
        assert cell != "0", (point, name)
