"""The inbound message types, one file each, and how each is decided."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from handlers.kinds.discovery import modules
from handlers.kinds.intake_kind import IntakeKind
from messages.inbound import TYPES


@cache
def kinds() -> Mapping[str, IntakeKind]:
    """Return every inbound type's handler; refuses two of one type, and a type without one."""
    found: dict[str, IntakeKind] = {}
    for module in modules(sys.modules[__name__]):
        for kind in module.KINDS:
            if kind.type_name in found:
                raise ValueError(f"message type {kind.type_name} is handled twice")
            found[kind.type_name] = kind
    if missing := set(TYPES) - set(found):
        raise ValueError(f"message types without a handler: {', '.join(sorted(missing))}")
    return MappingProxyType(found)
