"""A process of the rig dies or stands still at the crash point that it was told, and at no other."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proving.startup.hooks import DIES_AT, STOPS_AT, hooked
from tests.support.processes import eventually

#: Passes points, and says which.
PASSING = """
from store.crash_points import reached
for point in ("relay.leased", "relay.sent", "relay.leased", "relay.sent", "relay.confirmed", "relay.sent"):
    print(point, flush=True)
    reached(point)
"""


def passing(folder: Path, **hook: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PASSING]
    environment = hooked(os.environ, **hook)
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, cwd=folder)


def test_it_dies_the_second_time_it_passes_a_point(tmp_path: Path) -> None:
    said, _ = (process := passing(tmp_path, **{DIES_AT: "relay.sent#2"})).communicate()
    assert process.returncode == -signal.SIGKILL
    assert said.split()[-1] == "relay.sent"
    assert len(said.split()) == 4


def test_it_stands_still_once_and_goes_on(tmp_path: Path) -> None:
    process = passing(tmp_path, **{STOPS_AT: "relay.sent"})
    stat = Path(f"/proc/{process.pid}/stat")
    eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "a process that stands still")
    process.send_signal(signal.SIGCONT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert len(said.split()) == 6


@pytest.mark.parametrize("hook", [DIES_AT, STOPS_AT])
def test_a_process_with_a_point_that_is_not_there_does_not_start(tmp_path: Path, hook: str) -> None:
    process = passing(tmp_path, **{hook: "relay.lost"})
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (os.EX_CONFIG, "")
