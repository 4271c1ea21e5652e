"""Every fault there is, one of each kind."""

from proving.faults.connections import CloseDatabaseConnections, CloseMessagingConnections
from proving.faults.disk import FullDatabaseDisk, FullEmbeddedDisk, FullMessagingDisk
from proving.faults.disturbance import Disturbance
from proving.faults.network import BlackHole, Cut, Delay, HalfClose, Reset, SwallowAndReset
from proving.faults.roles import (
    KillAllRoles,
    KillRole,
    PauseBeyondLeases,
    PauseRole,
    RollingRestart,
    SkewClock,
)
from proving.faults.servers import (
    CrashBackend,
    ImmediateStop,
    KillPostmaster,
    KillServer,
    PauseServer,
    RestartServer,
)

#: What the product connects to, by what it is to it.
SERVERS = ("database", "broker", "tasks")
#: What carries messages.
MESSAGING = ("broker", "tasks")


def brief() -> list[Disturbance]:
    """Return the faults that are over within seconds: they are fired one after the other."""
    return [
        KillRole(),
        KillAllRoles(),
        PauseRole(),
        RollingRestart(),
        SkewClock(),
        *(KillServer(server) for server in SERVERS),
        *(RestartServer(server) for server in SERVERS),
        *(PauseServer(server) for server in SERVERS),
        KillPostmaster(),
        ImmediateStop(),
        CrashBackend(),
        CloseDatabaseConnections(),
        *(CloseMessagingConnections(server) for server in MESSAGING),
        *(FullMessagingDisk(server) for server in MESSAGING),
        FullDatabaseDisk(),
        FullEmbeddedDisk(),
        Delay(),
        BlackHole(),
        SwallowAndReset(),
        Reset(),
        Cut(),
        HalfClose(),
    ]


def lasting() -> list[Disturbance]:
    """Return the faults that last for minutes: they are fired beside the brief ones."""
    return [PauseBeyondLeases()]
