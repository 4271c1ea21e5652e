"""Replacing a named function of the product, in every module that has imported it by name."""

import importlib
import sys
from collections.abc import Callable
from typing import Any, Self

from writeoff.errors import WriteoffError
from writeoff.value import Value


class NameGone(WriteoffError):
    """A function of the product that a hook replaces is not there any more."""

    def __init__(self, place: "Place") -> None:
        super().__init__(f"{place.module} has no {place.name} any more: say anew what is to be replaced")


class Place(Value, frozen=True, kw_only=True):
    """A function or a method: `store.traffic.inbox`, `journal`; `workers.relay`, `Relay._settle`."""

    module: str
    name: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `module:name`."""
        module, _, name = text.partition(":")
        return cls(module=module, name=name)


def replace(place: Place, make: Callable[[Any], Any]) -> None:
    """Put `make(original)` in the place of a function, wherever it was imported to. Raises `NameGone`.

    Only modules that are loaded are looked at: those of the product are, since all is imported at its start.
    """
    try:
        owner: Any = importlib.import_module(place.module)
        *path, name = place.name.split(".")
        for each in path:
            owner = getattr(owner, each)
        original = vars(owner)[name]
    except (ImportError, AttributeError, KeyError):
        raise NameGone(place) from None
    for needed in ("workers.bootstrap", "workers.roles.running", "workers.roles.supervisor"):
        importlib.import_module(needed)
    made = make(original)
    setattr(owner, name, made)
    if path:
        return
    for module in list(sys.modules.values()):
        known = getattr(module, "__dict__", {})
        for alias, value in list(known.items()):
            if value is original and module is not owner:
                setattr(module, alias, made)
