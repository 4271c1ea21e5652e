"""Networks that are slow, silent, torn or half closed: what the proxy does to the ways of one target."""

from abc import abstractmethod
from collections.abc import Sequence
from random import Random
from typing import ClassVar

from proving.faults.disturbance import Disturbance
from proving.faults.proxy import ProxyRoute
from proving.rig.installation import Installation


class NetworkFault(Disturbance):
    """Strikes one way, as `worker-2:database`, or all ways to a server (`*:broker`) or from a process."""

    def __init__(self) -> None:
        self._struck: list[ProxyRoute] = []

    def targets(self, installation: Installation) -> Sequence[str]:
        """Every way through the proxy, and every server and process that has one."""
        names = [route.name.split(":") for route in routes(installation)]
        found = {f"{process}:{server}" for process, server in names}
        found |= {f"*:{server}" for _, server in names} | {f"{process}:*" for process, _ in names}
        return sorted(found)

    def aim(self, installation: Installation, random: Random) -> str:
        """Choose a way, a server's ways or a process's ways: each sort as often."""
        found = self.targets(installation)
        sorts = [
            [each for each in found if "*" not in each],
            [each for each in found if each.startswith("*")],
            [each for each in found if each.endswith("*")],
        ]
        return random.choice(random.choice(sorts))

    def strike(self, installation: Installation, target: str, random: Random) -> None:
        """Do the same to each way of the target."""
        process, server = target.split(":")
        for route in routes(installation):
            of, to = route.name.split(":")
            if process in ("*", of) and server in ("*", to):
                self._struck.append(route)
                self.disturb(route, random)

    def undo(self, installation: Installation) -> None:
        """Let everything pass again."""
        del installation
        while self._struck:
            self._struck.pop().calm()

    @abstractmethod
    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Do it to one way."""


class Delay(NetworkFault):
    """What is sent arrives late, piece by piece."""

    kind = "network-delay"
    hold_seconds = 4.0
    least_hold_seconds = 1.0

    #: Seconds a piece: another country, another continent, a line that is overloaded.
    DELAYS: ClassVar[Sequence[float]] = (0.02, 0.15, 0.6)

    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Delay it."""
        route.delay(random.choice(self.DELAYS))


class BlackHole(NetworkFault):
    """What is sent arrives nowhere, and nobody is told: connections look open."""

    kind = "network-black-hole"
    hold_seconds = 6.0
    least_hold_seconds = 1.0

    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Swallow it."""
        del random
        route.black_hole(on=True)


class SwallowAndReset(NetworkFault):
    """A silence in which what was sent is lost for good, since the connections then end with RST.

    Whoever took bytes that were written for bytes that arrived has lost them.
    """

    kind = "network-swallow"
    hold_seconds = 3.0
    least_hold_seconds = 1.0

    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Swallow it."""
        del random
        route.black_hole(on=True)

    def undo(self, installation: Installation) -> None:
        """End the connections before anything of it gets through."""
        for route in self._struck:
            route.reset()
        super().undo(installation)


class Reset(NetworkFault):
    """Connections end with RST on both sides, between two pieces of what is sent."""

    kind = "network-reset"
    hold_seconds = 0.0

    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Break them."""
        del random
        route.reset()


class Cut(NetworkFault):
    """Connections end in the middle of a piece: half of a frame or a statement has arrived."""

    kind = "network-cut"
    hold_seconds = 1.0

    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Break them with the next piece."""
        del random
        route.cut()


class HalfClose(NetworkFault):
    """One side of the connections hears that the other is done, which is not so and goes on talking."""

    kind = "network-half-close"
    hold_seconds = 2.0

    def disturb(self, route: ProxyRoute, random: Random) -> None:
        """Close one side."""
        route.half_close(random.choice(("client", "server")))


def routes(installation: Installation) -> list[ProxyRoute]:
    """Return the ways that lead through the proxy."""
    return [route for route in installation.routes.values() if isinstance(route, ProxyRoute)]
