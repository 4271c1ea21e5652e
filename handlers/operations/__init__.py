"""Operators' own commands, one file each, and how each is decided: like any other message."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from handlers.kinds.discovery import modules
from handlers.kinds.intake_kind import IntakeKind
from messages.inbound.operations import operator_types


@cache
def kinds() -> Mapping[str, IntakeKind]:
    """Return the handler of every operator's command; refuses two of one type, and a type without one."""
    found: dict[str, IntakeKind] = {}
    for module in modules(sys.modules[__name__]):
        for kind in module.KINDS:
            if kind.type_name in found:
                raise ValueError(f"operators' command {kind.type_name} is handled twice")
            found[kind.type_name] = kind
    if found.keys() != operator_types().keys():
        odd = sorted(found.keys() ^ operator_types().keys())
        raise ValueError(f"operators' commands without a handler, or without a message: {', '.join(odd)}")
    return MappingProxyType(found)
