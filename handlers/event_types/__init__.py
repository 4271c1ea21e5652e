"""The write-off event kinds of R11, one file each. A ninth kind is a ninth file."""

import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from handlers.kinds.discovery import modules
from handlers.kinds.event_kind import EventKind
from writeoff.policy.model import EventType, Policy
from writeoff.value import Value


@cache
def kinds() -> Mapping[str, EventKind]:
    """Return every kind by name; refuses two of one name, and a file that declares none."""
    found: dict[str, EventKind] = {}
    for module in modules(sys.modules[__name__]):
        kind: EventKind = module.KIND
        if kind.name in found:
            raise ValueError(f"event kind {kind.name} is declared twice")
        found[kind.name] = kind
    return MappingProxyType(found)


def problems(event_type: EventType, policy: Policy) -> list[str]:
    """Return what is wrong with a configured event type; the policy's reader calls this."""
    kind = kinds().get(event_type.kind)
    if kind is None:
        return [f"kind: {event_type.kind!r} is not one of {', '.join(kinds())}"]
    return kind.problems(event_type, policy)


#: The parameters of event types by the policy's digest, read once: what stands under a digest never changes.
_read: dict[tuple[str, str], Value] = {}


def parameters(policy: Policy, code: str) -> Value:
    """Return the typed parameters of one of a policy's event types."""
    known = _read.get((policy.digest, code))
    if known is None:
        event_type = policy.event_types[code]
        known = _read[policy.digest, code] = kinds()[event_type.kind].read(event_type)
    return known
