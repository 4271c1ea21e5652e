"""An installation in name only: what faults look at of a real one, with processes that only tell the time."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from proving.faults.proxy import Proxies
from proving.rig.roles import RoleProcess, Supervisor

#: Chance that is the same each time.
SEEDED = Random(7)  # noqa: S311
#: Tells the process's time of day, and the monotonic one, again and again.
TICKING = "import time\nwhile True:\n print(time.time(), time.monotonic(), flush=True)\n time.sleep(0.02)"


def ticks(process: RoleProcess) -> list[tuple[float, float]]:
    """What a process has told so far: (time of day, monotonic)."""
    whole, _, _ = process.log.read_text().rpartition("\n")
    return [(float(day), float(mono)) for day, mono in map(str.split, whole.splitlines())]


def eventually(met: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Any]:
    """Two ticking processes under a supervisor; servers and routes are added by the test."""
    supervisor = Supervisor()
    processes: dict[str, RoleProcess] = {}
    for name in ("worker-1", "relay-1"):
        role = name.partition("-")[0]
        processes[name] = RoleProcess(name, role, (sys.executable, "-c", TICKING), {}, tmp_path)
        supervisor.add(processes[name])
    yield SimpleNamespace(processes=processes, supervisor=supervisor, servers={}, routes={})
    for process in processes.values():
        process.retire()
        process.kill()
    if supervisor.is_alive():
        supervisor.end()


@pytest.fixture
def ticking(site: Any) -> Any:
    """The same, at work."""
    site.supervisor.start()
    for process in site.processes.values():
        process.start()
        eventually(lambda process=process: len(ticks(process)) > 1)  # type: ignore[misc]
    return site


@pytest.fixture
def proxies() -> Iterator[Proxies]:
    with Proxies() as running:
        yield running
