"""What a role is, and what a step of it came to."""

from typing import Protocol

from writeoff.value import Value


class Progress(Value, frozen=True, kw_only=True):
    """`done` counts what the step handled; with `more` there may be work left right now."""

    done: int = 0
    more: bool = False


IDLE = Progress()


class Role(Protocol):
    """A loop around `step`, which takes one set, does it and returns; all logic is in `step`."""

    name: str

    def step(self) -> Progress:
        """Take one set of what is there, do it, return. Never waits for more."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait until there may be work, at most so long."""
        ...

    def close(self) -> None:
        """Give back what is held. Never raises."""
        ...
