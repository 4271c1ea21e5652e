"""Playing: a safeguard taken away in its own trouble, or the same trouble with all of them in place."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from proving.safeguards.removing import SAFEGUARDS
from proving.safeguards.safeguard import Verdict, judged
from proving.safeguards.stage import Servers, Stage
from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey


def play(name: str, servers: Servers, *, removed: bool, folder: Path | None = None) -> Verdict:
    """Play one safeguard's trouble, without it or with it, and return what the checker says.

    Raises `RigError` when the play itself goes wrong, and `KeyError` for a name that is not there.
    """
    safeguard = SAFEGUARDS[name]
    began = time.monotonic()
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-without-")))
        stage = Stage(servers, folder, name if removed else None)
        with stage.opened():
            safeguard.play(stage)
            tallies = stage.checked()
    return judged(safeguard, tallies, removed=removed, seconds=time.monotonic() - began)


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Start the servers that plays need, and remove them afterwards."""
    with PostgreSQL(fsync=False) as postgresql, RabbitMQ() as rabbitmq, Valkey() as valkey:
        yield Servers(postgresql=postgresql, rabbitmq=rabbitmq, valkey=valkey)
