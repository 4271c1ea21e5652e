"""AMQP values as JSON values, so that a message's headers and properties can be stored."""

import base64
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: A header table nests at will; deeper than this it says nothing that a person or a program would read.
DEPTH_LIMIT = 32

#: Nearly every header and property has one of these types already.
JSON_SCALARS = frozenset({str, int, bool})


def plain(value: Any, depth: int = 0) -> Any:
    """Return `value` as JSON: bytes as text if they are UTF-8, else as base64; what JSON lacks as text."""
    if depth > DEPTH_LIMIT:
        return "..."
    match value:
        case bytes():
            result: Any = _text(value)
        case Mapping():
            result = {
                _key(key): item if type(item) in JSON_SCALARS else plain(item, depth + 1)
                for key, item in value.items()
            }
        case list() | tuple():
            result = [plain(item, depth + 1) for item in value]
        case None | bool() | int() | str():
            result = value
        case float() if math.isfinite(value):
            result = value
        case datetime():
            result = value.isoformat()
        case _:
            result = str(value)
    return result


def _key(key: Any) -> str:
    return _text(key) if isinstance(key, bytes) else str(key)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
