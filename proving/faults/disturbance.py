"""What all faults have in common: they aim at one of their targets, strike it, and put it right again."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random

from proving.rig.installation import Installation


class Disturbance(ABC):
    """A `Fault` of the rig's port, in two steps, so that its target is on record before it is struck."""

    kind: str
    #: How long it lasts: at least so long, whatever the pace. 0 for what is over at once.
    least_hold_seconds: float = 0.0
    #: How long it lasts where there is time.
    hold_seconds: float = 2.0

    def possible(self, installation: Installation) -> bool:
        """Tell whether there is anything here that it could strike."""
        return bool(self.targets(installation))

    def fire(self, installation: Installation, random: Random) -> None:
        """Aim and strike."""
        self.strike(installation, self.aim(installation, random), random)

    def aim(self, installation: Installation, random: Random) -> str:
        """Choose a target, by name."""
        return random.choice(sorted(self.targets(installation)))

    @abstractmethod
    def targets(self, installation: Installation) -> Sequence[str]:
        """Return the names of all that it can strike."""

    @abstractmethod
    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Do it to that target."""

    @abstractmethod
    def undo(self, installation: Installation) -> None:
        """Put right what is still wrong; may be called at any time, and twice."""
