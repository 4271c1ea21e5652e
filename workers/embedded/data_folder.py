"""The folder where embedded things keep their data: private, and used by one process at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy.engine import URL

from writeoff.errors import WriteoffError

#: A killed process's Valkey holds the lock a moment longer than the process.
LOCK_SECONDS = 5.0


class DataFolderUnusable(WriteoffError):
    """The data folder cannot be made or written, or another process uses it."""


class DataFolder:
    """A locked data folder. `lock` is a descriptor: a child that inherits it holds the lock too."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    @property
    def database_file(self) -> Path:
        """The SQLite file in it."""
        return self.path / "writeoff.sqlite"

    @property
    def database_url(self) -> str:
        """The URL of that file."""
        url = URL.create("sqlite", database=str(self.database_file))
        return url.render_as_string(hide_password=False)

    @classmethod
    @contextmanager
    def locked(cls, path: Path) -> Iterator[Self]:
        """Make the folder if it is missing, and keep others out. Raises `DataFolderUnusable`."""
        path = path.absolute()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataFolderUnusable(f"{path} cannot be used: {error.strerror}") from error
        try:
            _take(path, lock)
            yield cls(path, lock)
        finally:
            os.close(lock)


def _take(path: Path, lock: int) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise DataFolderUnusable(
                    f"{path} is in use by another `writeoff`: stop that one, or set WRITEOFF_DATA_DIR"
                ) from None
            time.sleep(0.05)
        else:
            return
