"""A private installation to measure: servers on free ports, torn down afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from proving.speed import processes
from proving.speed.installation import Installation as Measured
from proving.speed.installation import Urls

#: GiB of PostgreSQL's log between two checkpoints.
_LOG_GIB = 8
#: MiB of PostgreSQL's buffers, at most: it shares the machine with all others.
_MOST_BUFFERS = 2_048


class Servers:
    """The servers that installations of one run share, each with a database, vhost and number of its own."""

    def __init__(self, postgresql: PostgreSQL, rabbitmq: RabbitMQ, valkey: Valkey) -> None:
        self.postgresql = postgresql
        self.rabbitmq = rabbitmq
        self.valkey = valkey

    def families(self) -> dict[str, list[int]]:
        """Return the processes of each server; its children belong to it."""
        named = {"postgresql": self.postgresql, "rabbitmq": self.rabbitmq, "valkey": self.valkey}
        return {
            name: processes.family(int((server.folder / "guardian.pid").read_text()))
            for name, server in named.items()
        }


class Installation(Measured):
    """An installation on such servers."""

    def __init__(
        self,
        servers: Servers,
        folder: Path,
        name: str = "bench",
        *,
        tasks: str = "valkey",
        letter_first: bool = False,
    ) -> None:
        """`tasks`: the broker of tasks, valkey or rabbitmq. `letter_first`: the letter waits for nothing."""
        self.servers = servers
        of_tasks = servers.valkey if tasks == "valkey" else servers.rabbitmq
        urls = Urls(
            database=servers.postgresql.create_database(name),
            broker=servers.rabbitmq.create_database(name),
            tasks=of_tasks.create_database(f"{name}-tasks"),
        )
        super().__init__(urls, folder, name, letter_first=letter_first)

    def server_families(self) -> dict[str, list[int]]:
        """Return the processes of each server."""
        return self.servers.families()


def _buffers() -> int:
    """Return what PostgreSQL is given as docs/deployment.md says: a quarter of the memory, in MiB."""
    quarter = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
    return min(quarter // 2**20, _MOST_BUFFERS)


@contextmanager
def servers() -> Iterator[tuple[Servers, Path]]:
    """Bring the servers up, and down again; with a folder for whatever else there is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-bench-")))
        # It carries hints alone, and the peers' tasks: a Redis as it is installed.
        valkey = stack.enter_context(Valkey(fsync="everysec"))
        postgresql = PostgreSQL(shared_buffers=_buffers(), max_wal_size=_LOG_GIB)
        started = Servers(stack.enter_context(postgresql), stack.enter_context(RabbitMQ()), valkey)
        yield started, folder


@contextmanager
def installation() -> Iterator[Installation]:
    """Bring everything up, and down again."""
    with servers() as (started, folder):
        place = Installation(started, folder)
        try:
            yield place
        finally:
            place.close()
