"""Progress on stderr: one line for each thing that has happened, and a spinner on terminals while it does."""

import time
from datetime import date
from types import TracebackType
from typing import Self

from rich.console import Console

#: Columns of the title, so that the figures behind it stand in columns too.
TITLE_WIDTH = 40


class Progress:
    """Shows acts and dates as they pass."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._status = self._console.status("starting the worker, its database and its broker")
        self._began = time.monotonic()
        self._line = ""
        self._sent = 0

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def begins(self, on: date, title: str, sent: int) -> None:
        """Show what begins."""
        self._began = time.monotonic()
        self._line = f"{on:%a} {on.day:2} {on:%b %Y}  {title:{TITLE_WIDTH}}"
        self._sent = sent
        self._status.update(self._line)

    def goes_on(self, left: int) -> None:
        """Show how much is left."""
        self._status.update(f"{self._line} {left:5,} to do" if left else self._line)

    def ends(self, done: int, published: int) -> None:
        """Leave a line of what has happened."""
        parts = [_count(self._sent, "in"), _count(done, "events"), _count(published, "out")]
        seconds = time.monotonic() - self._began
        self._console.print(f"[green]✓[/] {self._line}{''.join(parts)} {seconds:5.1f} s", soft_wrap=True)
        self._status.update("reading what the consumers got")


def _count(number: int, what: str) -> str:
    return f"{number:5,} {what}" if number else " " * (6 + len(what))
