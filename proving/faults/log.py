"""The log of faults: a line before each is fired, and another when it is over, on the disk at once."""

import os
import threading
from pathlib import Path

import msgspec

from proving.rig.faults import Fired


class FaultLog:
    """Appends to a file; several threads may."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._lock = threading.Lock()

    def write(self, fired: Fired) -> None:
        """Append a line, and return when it is on the disk."""
        with self._lock:
            self._file.write(msgspec.json.encode(fired) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write no more."""
        self._file.close()


def read(path: Path) -> list[Fired]:
    """Return what was fired, in order, each as its last line has it."""
    found: dict[int, Fired] = {}
    for line in path.read_bytes().splitlines():
        fired = msgspec.json.decode(line, type=Fired)
        found[fired.number] = fired
    return [found[number] for number in sorted(found)]
