"""What operators alone may order: each found by its file, taken in the local way and from no queue."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from messages.envelope import Envelope
from messages.inbound import TYPES, parse_as, registry
from messages.inbound.data import InboundData
from messages.inbound.operations.data import SOURCE, OperatorData

__all__ = ["SOURCE", "OperatorData", "operator_types", "parse_any"]


@cache
def operator_types() -> Mapping[str, type[InboundData]]:
    """Return the types of operators' own commands by name; refuses two of one name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return registry(
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, OperatorData) and kind is not OperatorData
    )


@cache
def _all_types() -> Mapping[str, type[InboundData]]:
    return MappingProxyType({**TYPES, **operator_types()})


def parse_any(envelope: Envelope) -> InboundData:
    """Give the typed, checked data of an envelope, an operator's own command included. Raises `Malformed`."""
    return parse_as(envelope, _all_types())
