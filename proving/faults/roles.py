"""Processes of the product that die, stand still, or are replaced one after the other."""

from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import ClassVar

from proving.faults.disturbance import Disturbance
from proving.rig.installation import Installation
from proving.rig.roles import RoleProcess
from proving.startup import clock


class KillRole(Disturbance):
    """SIGKILL to one process of a role, in the middle of whatever it does; the supervisor starts it again."""

    kind = "kill-role"
    hold_seconds = 0.0

    def targets(self, installation: Installation) -> Sequence[str]:
        """Every process."""
        return list(installation.processes)

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Kill it."""
        del random
        installation.processes[target].kill()

    def undo(self, installation: Installation) -> None:
        """Nothing: it is started again by itself."""


class KillAllRoles(Disturbance):
    """SIGKILL to every process at once: a machine that fails, and comes back."""

    kind = "kill-all-roles"
    hold_seconds = 0.0

    def targets(self, installation: Installation) -> Sequence[str]:
        """All of them together."""
        return ["*"] if installation.processes else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Kill them one after the other, in any order."""
        del target
        processes = list(installation.processes.values())
        random.shuffle(processes)
        for process in processes:
            process.kill()

    def undo(self, installation: Installation) -> None:
        """Nothing: they are started again by themselves."""


class PauseRole(Disturbance):
    """SIGSTOP to one process: it holds its locks, leases and messages, and does not know that time passes."""

    kind = "pause-role"
    hold_seconds = 4.0
    least_hold_seconds = 1.0

    def __init__(self) -> None:
        self._paused: list[RoleProcess] = []

    def targets(self, installation: Installation) -> Sequence[str]:
        """Every process."""
        return list(installation.processes)

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Stop it."""
        del random
        process = installation.processes[target]
        self._paused.append(process)
        process.pause()

    def undo(self, installation: Installation) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        del installation
        while self._paused:
            self._paused.pop().resume()


class PauseBeyondLeases(PauseRole):
    """A pause longer than every lease and timeout: what it held is others' by the time it goes on.

    The longest is the fence of a running set, 120 s (`workers.scheduling.scheduler.RUNNING_LEASE_SECONDS`).
    """

    kind = "pause-role-beyond-leases"
    hold_seconds = 125.0
    least_hold_seconds = 125.0


class RollingRestart(Disturbance):
    """SIGTERM to each process in turn, as a deployment does; each is replaced before the next one goes."""

    kind = "rolling-restart"
    hold_seconds = 0.0

    def targets(self, installation: Installation) -> Sequence[str]:
        """All of them, one after the other."""
        return ["*"] if installation.processes else []

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Stop each in order. Raises `RigError` for one that does not end."""
        del target
        processes = list(installation.processes.values())
        random.shuffle(processes)
        for process in processes:
            process.stop()

    def undo(self, installation: Installation) -> None:
        """Nothing: each is started again by itself."""


class SkewClock(Disturbance):
    """Starts one process again with a clock that is wrong, by seconds or by months, early or late.

    The clock is shifted inside the process (`proving.startup.clock`): every look that Python takes at the
    time of day; the monotonic clock, as in life, goes on as before.
    """

    kind = "skewed-clock"
    hold_seconds = 6.0
    least_hold_seconds = 3.0

    #: Seconds by which clocks are wrong: below and above every lease, a day's end, a month, a year.
    SHIFTS: ClassVar[Sequence[int]] = (-40_000_000, -90_000, -300, -20, 20, 300, 90_000, 3_000_000)

    def __init__(self) -> None:
        self._skewed: list[tuple[RoleProcess, dict[str, str]]] = []

    def targets(self, installation: Installation) -> Sequence[str]:
        """Every process of a role; one with SQLite is the database's clock itself, and may not be moved."""
        return [name for name, process in installation.processes.items() if process.role != "up"]

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Kill it, and let it come back with the wrong time."""
        process = installation.processes[target]
        self._skewed.append((process, dict(process.environment)))
        process.environment = clock.shifted(process.environment, random.choice(self.SHIFTS))
        process.kill()

    def undo(self, installation: Installation) -> None:
        """Kill it, and let it come back with the right time."""
        del installation
        while self._skewed:
            process, environment = self._skewed.pop()
            process.environment = environment
            with suppress(OSError):
                process.kill()
