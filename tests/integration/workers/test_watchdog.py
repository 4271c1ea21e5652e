"""A step that hangs ends its process, so that a supervisor starts it again; one that waits does not."""

import subprocess
import sys
import threading
import time

import pytest
from pydantic import ValidationError

from store.engine.database import Database
from store.engine.errors import StoreUnavailable
from workers.roles import running as roles
from workers.roles.heartbeat import Heartbeat
from workers.roles.progress import IDLE, Progress
from workers.roles.watchdog import STUCK, Watchdog
from workers.settings import Settings

#: A role whose second step never ends, in a process of its own.
HANGS = """
import threading
from workers.roles import running as roles
from workers.roles.heartbeat import Heartbeat
from workers.roles.progress import Progress
from workers.roles.watchdog import Watchdog

class Hanging:
    name = "relay"
    steps = 0
    def step(self):
        self.steps += 1
        if self.steps > 1:
            threading.Event().wait()
        return Progress(done=1, more=True)

watchdog = Watchdog(0.4)
watchdog.start()
roles.loop(Hanging(), threading.Event(), Heartbeat(None), watchdog)
"""


class Watched:
    """A watchdog whose clock is ours, and the exit codes that it asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.codes: list[int] = []
        self.dog = Watchdog(300.0, leave=self.codes.append, clock=lambda: self.now)

    def after(self, seconds: float) -> list[int]:
        until = self.now + seconds
        while self.now < until:
            self.now += 5.0
            self.dog.look()
        return self.codes


def test_a_role_that_hangs_exits_and_says_where() -> None:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == STUCK
    assert "writeoff.role.stuck" in done.stdout + done.stderr
    assert "relay" in done.stdout + done.stderr
    assert "in step" in done.stdout + done.stderr
    assert time.monotonic() - begun < 30


def test_a_step_that_gives_no_sign_of_life_is_stuck() -> None:
    watched = Watched()
    with watched.dog.step("intake"):
        assert watched.after(295) == []
        assert watched.after(10) == [STUCK]


def test_between_steps_nothing_hangs() -> None:
    watched = Watched()
    with watched.dog.step("intake"):
        watched.after(200)
    assert watched.after(1_000) == []


def test_each_thread_is_watched_for_itself() -> None:
    watched = Watched()
    hanging, over = threading.Event(), threading.Event()

    def hang() -> None:
        with watched.dog.step("send-letter"):
            hanging.set()
            over.wait(30)

    thread = threading.Thread(target=hang)
    thread.start()
    hanging.wait(30)
    for _ in range(70):
        with watched.dog.step("generic"):
            watched.after(5)
    over.set()
    thread.join()
    assert watched.codes[:1] == [STUCK]


def test_waiting_for_a_database_that_is_away_is_no_hanging() -> None:
    watched = Watched()
    database = Database("postgresql://writeoff@127.0.0.1:1/writeoff")
    database.pulse = watched.dog.pulse
    with watched.dog.step("intake"):
        for _ in range(4):
            watched.after(250)
            with pytest.raises(StoreUnavailable), database.read():
                raise AssertionError
    assert watched.codes == []


def test_a_process_that_was_stopped_and_goes_on_is_not_to_blame() -> None:
    watched = Watched()
    with watched.dog.step("relay"):
        watched.now += 3_600  # SIGSTOP, or a laptop that slept
        watched.dog.look()
        assert watched.after(200) == []
        assert STUCK in watched.after(200)


def test_a_role_that_waits_and_works_is_never_stuck() -> None:
    stop = threading.Event()

    class Working:
        name = "scheduler"
        steps = 0

        def step(self) -> Progress:
            self.steps += 1
            time.sleep(0.01)
            if self.steps == 100:
                stop.set()
            return IDLE

        def wait(self, seconds: float) -> None:
            """There is always a next step."""

        def close(self) -> None:
            """Nothing is held."""

    codes: list[int] = []
    watchdog = Watchdog(0.5, leave=codes.append)
    watchdog.start()
    roles.loop(Working(), stop, Heartbeat(None), watchdog)
    assert codes == []


def test_the_limit_is_a_setting_above_every_timeout() -> None:
    assert Settings(_env_file=None).stuck_seconds == 300
    with pytest.raises(ValidationError):
        Settings(_env_file=None, stuck_seconds=60)
