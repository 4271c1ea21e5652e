"""Lives lived in processes that are killed and started again, and what they came to."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.crash_points.place import Place, Places, Trouble
from workers.roles.bound import bound_to_this_process

REPOSITORY = Path(__file__).parents[2]
KILLED = -9


@dataclass(frozen=True, kw_only=True)
class Life:
    """What a life came to, which points it passed in which step, and how often it was killed."""

    came_to: dict[str, Any]
    passed: list[tuple[str, str]]
    kills: int


class LifeFailed(AssertionError):
    """A life did not come to an end: its process broke, or was killed more often than it should be."""


class TroubleNeverCame(LifeFailed):
    """The life was over, and a point at which something was to happen had not been reached."""


class Lives:
    """Starts the forking process, and lives lives in it."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.crash_points.process"]
        self._server = subprocess.Popen(
            bound_to_this_process(command),
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()

    def live(self, *troubles: Trouble) -> Life:
        """Live once; every trouble must come. Raises `LifeFailed`."""
        with self._places.fresh() as place:
            kills = 0
            while code := self._run(place, troubles):
                kills += code == KILLED
                if code != KILLED or kills > len(troubles):
                    raise LifeFailed(f"{_names(troubles)}: ended with {code}\n{place.log}")
            if place.read("fired", 0) != len(troubles):
                left = troubles[place.read("fired", 0) :]
                raise TroubleNeverCame(f"{_names(troubles)}: never {_names(left)}")
            came_to = {"noted": place.read("noted", None), "in the end": place.read("came to", None)}
            return Life(came_to=came_to, passed=place.passed(), kills=kills)

    def _run(self, place: Place, troubles: Sequence[Trouble]) -> int:
        job = {"place": asdict(place), "troubles": [asdict(each) for each in troubles]}
        if self._server.stdin is None or self._server.stdout is None:
            raise AssertionError
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def differences(expected: dict[str, Any], found: dict[str, Any], where: str = "") -> list[str]:
    """Return, in words, where two outcomes differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for key in sorted({*expected, *found})
            for line in differences(expected.get(key), found.get(key), f"{where} / {key}")
        ]
    if expected == found:
        return []
    if isinstance(expected, list) and isinstance(found, list):
        missing = [each for each in expected if each not in found]
        more = [each for each in found if each not in expected]
        return [f"{where}: without {missing}, but with {more}"]
    return [f"{where}: {found} instead of {expected}"]


def _names(troubles: Sequence[Trouble]) -> str:
    return ", ".join(map(str, troubles)) or "undisturbed"
