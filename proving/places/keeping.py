"""Whether what was made for a run stays after it."""

from collections.abc import Callable

#: Asked when it is to be dropped: only a whole place is ever kept.
Keep = Callable[[], bool]


def never() -> bool:
    """It goes."""
    return False
