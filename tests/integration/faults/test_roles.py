"""Faults of processes do what they say."""

import time
from typing import Any

from proving.faults.roles import (
    KillAllRoles,
    KillRole,
    PauseBeyondLeases,
    PauseRole,
    RollingRestart,
    SkewClock,
)
from store.engine.database import IDLE_IN_TRANSACTION_TIMEOUT_MS
from tests.integration.faults.conftest import SEEDED, eventually, ticks
from workers import relay
from workers.scheduling import scheduler


def test_a_killed_process_is_started_again_and_the_others_are_not(ticking: Any) -> None:
    KillRole().strike(ticking, "worker-1", SEEDED)
    eventually(lambda: ticking.processes["worker-1"].starts == 2)
    assert [each.code for each in ticking.processes["worker-1"].ends] == [-9]
    assert ticking.processes["relay-1"].starts == 1


def test_all_are_killed(ticking: Any) -> None:
    fault = KillAllRoles()
    fault.fire(ticking, SEEDED)
    eventually(lambda: all(each.starts == 2 for each in ticking.processes.values()))


def test_a_paused_process_does_nothing_and_goes_on(ticking: Any) -> None:
    fault = PauseRole()
    fault.strike(ticking, "worker-1", SEEDED)
    time.sleep(0.1)
    before = len(ticks(ticking.processes["worker-1"]))
    time.sleep(0.3)
    assert len(ticks(ticking.processes["worker-1"])) == before
    fault.undo(ticking)
    fault.undo(ticking)
    eventually(lambda: len(ticks(ticking.processes["worker-1"])) > before)
    assert ticking.processes["worker-1"].starts == 1


def test_the_long_pause_is_longer_than_every_lease() -> None:
    leases = (
        relay.LEASE_SECONDS,
        scheduler.LEASE_SECONDS,
        scheduler.RUNNING_LEASE_SECONDS,
        scheduler.SEND_AGAIN_SECONDS,
        IDLE_IN_TRANSACTION_TIMEOUT_MS / 1000,
    )
    assert PauseBeyondLeases.least_hold_seconds > max(leases)


def test_a_rolling_restart_replaces_each_in_order(ticking: Any) -> None:
    RollingRestart().fire(ticking, SEEDED)
    eventually(lambda: all(each.starts == 2 for each in ticking.processes.values()))
    assert [each.code for process in ticking.processes.values() for each in process.ends] == [-15, -15]


def test_a_skewed_clock_is_wrong_until_it_is_undone(ticking: Any) -> None:
    process = ticking.processes["worker-1"]
    fault = SkewClock()
    fault.SHIFTS = (90_000,)  # type: ignore[misc]
    fault.strike(ticking, "worker-1", SEEDED)
    before = time.monotonic()
    eventually(lambda: any(mono > before for _, mono in ticks(process)))
    day, mono = ticks(process)[-1]
    assert abs(day - time.time() - 90_000) < 5
    assert abs(mono - time.monotonic()) < 5
    fault.undo(ticking)
    before = time.monotonic()
    eventually(lambda: any(mono > before for _, mono in ticks(process)))
    assert abs(ticks(process)[-1][0] - time.time()) < 5
    assert abs(ticks(ticking.processes["relay-1"])[-1][0] - time.time()) < 5
