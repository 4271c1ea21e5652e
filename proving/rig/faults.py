"""What a fault is, and who fires them: the port between the rig and `proving.faults`."""

from pathlib import Path
from random import Random
from typing import Protocol

from proving.rig.installation import Installation
from writeoff.value import Value


class Fault(Protocol):
    """Something that goes wrong, on purpose. One object of it is fired once at a time."""

    @property
    def kind(self) -> str:
        """Its name in logs and reports, as `kill-role`."""
        ...

    def possible(self, installation: Installation) -> bool:
        """Tell whether it can be fired here: there is a proxy, a server of our own..."""
        ...

    def fire(self, installation: Installation, random: Random) -> None:
        """Do it. What must end by itself, such as a pause, ends with `undo`. Draws from `random` alone."""
        ...

    def undo(self, installation: Installation) -> None:
        """Put right what is still wrong; nothing where all is well. May be called at any time, and twice."""
        ...


class Fired(Value, frozen=True, kw_only=True):
    """One line of the log of faults, as JSON. `at` and `undone_at` are seconds since the epoch."""

    number: int
    kind: str
    target: str
    at: float
    undone_at: float | None = None
    problem: str | None = None


class Nemesis(Protocol):
    """Fires faults one after another, or several at a time, from when it is started until it is stopped."""

    def start(self, installation: Installation, seed: int, log: Path) -> None:
        """Begin, in a thread of its own. Each fault is a line of `log` (`Fired`), on disk before it fires."""
        ...

    def stop(self) -> None:
        """Fire no more and undo everything; returns when that is done."""
        ...

    def kinds(self) -> frozenset[str]:
        """The kinds that are possible on this installation; each must be fired at least so often."""
        ...
