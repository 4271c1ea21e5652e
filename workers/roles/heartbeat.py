"""A file whose age says when a role last got round to its work: what a container's health check looks at."""

from contextlib import suppress
from pathlib import Path


class Heartbeat:
    """Touches a file at each beat; without a file it does nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def beat(self) -> None:
        """Work went well just now. That a file cannot be touched is the health check's to tell, not ours."""
        if self._file is not None:
            with suppress(OSError):
                self._file.touch()
