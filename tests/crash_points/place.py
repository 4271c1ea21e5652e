"""Where a life is lived: a database, a broker, and a folder for what must outlive the process."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from store.engine import migrating
from tests.crash_points import life


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What befalls the process the `hit`-th time it reaches a point: it is killed, or the code breaks.

    Hits count from the trouble before or the start of the process; with `step`, in that step of the life.
    """

    point: str
    hit: int = 1
    step: str | None = None
    breaks: bool = False

    def __str__(self) -> str:
        what = "breaks" if self.breaks else "killed"
        return f"{what} at {self.point}" + (f" #{self.hit}" if self.hit > 1 else "")


@dataclass(frozen=True, kw_only=True)
class Place:
    """URLs, the policies, and files: what has been done, what was passed, what it came to."""

    database_url: str
    broker_url: str
    folder: str

    @property
    def policy_dir(self) -> Path:
        """The policy of the life."""
        return Path(self.folder) / "policies"

    def read(self, name: str, default: Any) -> Any:
        """Return what was written under a name, also by a process that was killed since."""
        path = Path(self.folder) / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else default

    def write(self, name: str, value: Any) -> None:
        """Write at once, or not at all."""
        path = Path(self.folder) / f"{name}.json"
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(value))
        unfinished.rename(path)

    def passed(self) -> list[tuple[str, str]]:
        """Return (step, point) of every point that was passed, oldest first."""
        path = Path(self.folder) / "passed"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(step, point) for step, _, point in (line.partition("\t") for line in lines)]

    @property
    def log(self) -> str:
        """The end of what the processes said."""
        path = Path(self.folder) / "log"
        return path.read_text()[-6_000:] if path.exists() else ""


class Places:
    """Makes fresh places of one combination of servers, one after the other."""

    def __init__(self, folder: Path, database: PostgreSQL | Path, broker: RabbitMQ | Valkey) -> None:
        """`database` is a server, or a folder for SQLite's files. Valkey stands for Redis."""
        self._folder = folder
        self._database = database
        self._broker = broker
        self._name = f"crash_points_{os.getpid()}"
        if isinstance(database, PostgreSQL):
            database.create_template("migrated", lambda url: migrating.upgrade(url) and None)
        else:
            migrating.upgrade(f"sqlite:///{database / 'migrated.sqlite'}")
        life.policy_folder(folder / "policies")

    @contextmanager
    def fresh(self) -> Iterator[Place]:
        """Make an empty place; it is gone after the block."""
        files = self._folder / "place"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        shutil.copytree(self._folder / "policies", files / "policies")
        broker_url = self._broker.create_database(self._name)
        try:
            with self._fresh_database() as database_url:
                yield Place(database_url=database_url, broker_url=broker_url, folder=str(files))
        finally:
            self._broker.drop_database(self._name)

    @contextmanager
    def _fresh_database(self) -> Iterator[str]:
        if isinstance(self._database, PostgreSQL):
            url = self._database.create_database(self._name, "migrated")
            try:
                yield url
            finally:
                self._database.drop_database(self._name)
            return
        for old in self._database.glob("life.sqlite*"):
            old.unlink()
        shutil.copy(self._database / "migrated.sqlite", self._database / "life.sqlite")
        yield f"sqlite:///{self._database / 'life.sqlite'}"
