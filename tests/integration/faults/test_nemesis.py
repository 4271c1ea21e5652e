"""The nemesis fires every kind, writes each down before it does, and leaves nothing undone."""

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from proving.faults import catalogue
from proving.faults.disturbance import Disturbance
from proving.faults.log import read
from proving.faults.nemesis import RoundsNemesis
from proving.rig.faults import Fault, Nemesis
from proving.rig.installation import Installation

SITE: Any = SimpleNamespace(processes={}, servers={}, routes={})


class Noted(Disturbance):
    """Does nothing, and notes what the log had when it was struck."""

    hold_seconds = 0.01

    def __init__(self, kind: str, log: Path, *, targets: Sequence[str] = ("a", "b")) -> None:
        self.kind = kind
        self._log = log
        self._targets = targets
        self.struck: list[str] = []
        self.undone = 0
        self.logged_before = True

    def targets(self, installation: Installation) -> Sequence[str]:  # noqa: ARG002
        return self._targets

    def strike(self, installation: Installation, target: str, random: Random) -> None:  # noqa: ARG002
        self.struck.append(target)
        last = json.loads(self._log.read_text().splitlines()[-1])
        self.logged_before &= (last["kind"], last["target"], last["undone_at"]) == (self.kind, target, None)

    def undo(self, installation: Installation) -> None:  # noqa: ARG002
        self.undone += 1


class Failing(Noted):
    def strike(self, installation: Installation, target: str, random: Random) -> None:
        super().strike(installation, target, random)
        raise OSError("no such server")


def run(nemesis: RoundsNemesis, log: Path, seed: int, seconds: float) -> list[tuple[str, str]]:
    nemesis.start(SITE, seed, log)
    time.sleep(seconds)
    nemesis.stop()
    return [(each.kind, each.target) for each in read(log)]


def test_each_kind_is_fired_before_any_is_fired_again(tmp_path: Path) -> None:
    log = tmp_path / "faults.jsonl"
    faults = [Noted(f"kind-{number}", log) for number in range(5)]
    impossible = Noted("impossible", log, targets=())
    nemesis = RoundsNemesis(0.5, brief=[*faults, impossible], lasting=[])
    order = run(nemesis, log, 7, 0.6)
    assert nemesis.kinds() == {each.kind for each in faults}
    counts = Counter(kind for kind, _ in order)
    assert min(counts.values()) >= 1
    assert max(counts.values()) - min(counts.values()) <= 1
    assert all(fault.logged_before and fault.undone == len(fault.struck) for fault in faults)
    assert all(each.undone_at is not None and each.at <= each.undone_at for each in read(log))


def test_a_seed_gives_the_same_faults_again(tmp_path: Path) -> None:
    orders = []
    for number, seed in enumerate((7, 7, 8)):
        log = tmp_path / f"{number}.jsonl"
        faults = [Noted(f"kind-{each}", log) for each in range(5)]
        orders.append(run(RoundsNemesis(0.2, brief=faults, lasting=[]), log, seed, 0.4)[:8])
    assert orders[0] == orders[1] != orders[2]


def test_a_fault_that_cannot_be_fired_is_told_and_undone(tmp_path: Path) -> None:
    log = tmp_path / "faults.jsonl"
    fault = Failing("failing", log)
    run(RoundsNemesis(0.1, brief=[fault], lasting=[]), log, 7, 0.3)
    assert {each.problem for each in read(log)} == {"OSError: no such server"}
    assert fault.undone == len(fault.struck)


def test_a_long_fault_is_cut_short_by_the_end_and_runs_beside_the_others(tmp_path: Path) -> None:
    log = tmp_path / "faults.jsonl"
    long, short = Noted("long", log), Noted("short", log)
    long.least_hold_seconds = 30.0
    long._log = short._log = log
    nemesis = RoundsNemesis(60.0, brief=[short], lasting=[long])
    started = time.monotonic()
    nemesis.start(SITE, 7, log)
    while not long.struck:
        assert time.monotonic() - started < 20
        time.sleep(0.01)
    nemesis.stop()
    assert time.monotonic() - started < 20
    assert long.undone == 1
    assert not [each for each in threading.enumerate() if each.name.startswith("nemesis")]


def test_what_lasts_longer_than_the_run_is_not_possible(tmp_path: Path) -> None:
    log = tmp_path / "faults.jsonl"
    long = Noted("long", log)
    long.least_hold_seconds = 30.0
    nemesis = RoundsNemesis(20.0, brief=[], lasting=[long])
    nemesis.start(SITE, 7, log)
    nemesis.stop()
    assert nemesis.kinds() == frozenset()


def test_every_kind_has_a_name_of_its_own() -> None:
    faults: list[Fault] = [*catalogue.brief(), *catalogue.lasting()]
    assert len({each.kind for each in faults}) == len(faults)
    nemesis: Nemesis = RoundsNemesis(1.0)
    assert not any(each.possible(SITE) for each in faults)
    del nemesis
