"""The algorithms of `generic` events, one file each; `example_copy_me.py` is the one to copy."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from handlers.kinds.algorithm import Algorithm
from handlers.kinds.discovery import modules


@cache
def registered() -> Mapping[str, Algorithm]:
    """Return every algorithm by name; refuses two of one name."""
    found: dict[str, Algorithm] = {}
    for module in modules(sys.modules[__name__]):
        algorithm: Algorithm = module.ALGORITHM
        if algorithm.name in found:
            raise ValueError(f"algorithm {algorithm.name} is declared twice")
        found[algorithm.name] = algorithm
    return MappingProxyType(found)
