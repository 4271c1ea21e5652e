"""A private Valkey, or Redis where that is what the machine has."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import redis

from proving.servers import binaries
from proving.servers.server import Server

#: Databases are numbers, handed out in turn and emptied first: far more than tests that run at once.
DATABASES = 1_000

#: In database 0, which no test gets.
LAST_DATABASE = "last-database"
NUMBERS = "database-numbers"


@dataclass(kw_only=True)
class Valkey(Server):
    """Writes to disk before it answers, as the embedded server does, and never evicts."""

    name: ClassVar[str] = "Valkey"

    #: Redis's `appendfsync`.
    fsync: Literal["always", "everysec"] = "always"

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "databases": DATABASES,
            "save": "",
            "appendonly": "yes",
            "appendfsync": self.fsync,
            "maxmemory-policy": "noeviction",
        }
        return [
            binaries.valkey(),
            *(part for name, value in settings.items() for part in (f"--{name}", str(value))),
        ]

    def answers(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.ConnectionError:  # BusyLoadingError, while it reads its file, is one
            return False

    def create_database(self, name: str) -> str:
        with self._client() as client:
            number = client.incr(LAST_DATABASE) % (DATABASES - 1) + 1
            client.hset(NUMBERS, name, number)
        self._flush(number)
        return self.url(number)

    def drop_database(self, name: str) -> None:
        with self._client() as client:
            number = client.hget(NUMBERS, name)
            client.hdel(NUMBERS, name)
        if number is not None:
            self._flush(int(number))

    def _flush(self, number: int) -> None:
        with self._client(number) as client:
            client.flushdb()

    def _client(self, number: int = 0) -> redis.Redis:
        return redis.Redis(port=self.port, db=number, socket_timeout=5)
