"""The file that a health check looks at: touched while work goes well, and not while a server is away."""

import threading
from pathlib import Path

import pytest

from store.engine.errors import StoreUnavailable
from workers.roles import running as roles
from workers.roles.heartbeat import Heartbeat
from workers.roles.progress import IDLE, Progress
from workers.roles.watchdog import Watchdog


class Steps:
    """A role whose steps come to what is given, and which then asks to be stopped."""

    name = "steps"

    def __init__(self, *outcomes: Exception | None) -> None:
        self.stop = threading.Event()
        self._outcomes = list(outcomes)

    def step(self) -> Progress:
        outcome = self._outcomes.pop(0)
        if not self._outcomes:
            self.stop.set()
        if outcome is not None:
            raise outcome
        return IDLE

    def wait(self, seconds: float) -> None:
        """There is always a next step."""

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    ("outcomes", "beats"),
    [
        ([None, None], True),
        ([StoreUnavailable("away"), None], True),
        ([StoreUnavailable("away"), StoreUnavailable("away")], False),
        ([RuntimeError("unexpected")], False),
    ],
)
def test_the_heart_beats_when_a_step_went_well(
    outcomes: list[Exception | None], *, beats: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "TROUBLE_SECONDS", 0.0)
    file = tmp_path / "heartbeat"
    role = Steps(*outcomes)
    roles.loop(role, role.stop, Heartbeat(file), Watchdog(300.0))
    assert file.exists() is beats


def test_a_heartbeat_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    role = Steps(None, None)
    roles.loop(role, role.stop, Heartbeat(tmp_path / "not there" / "heartbeat"), Watchdog(300.0))
    assert role.stop.is_set()
