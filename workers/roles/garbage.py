"""How often Python looks for cycles: rarely, since a set makes thousands of containers and hardly a cycle."""

import gc

#: Containers made since the last look. Python's own 700 means hundreds of looks a set, a tenth of its time.
YOUNG = 50_000


def collect_rarely() -> None:
    """Leave what a role has loaded out of every look, and look after many more new containers."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)
