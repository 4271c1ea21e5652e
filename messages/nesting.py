"""How deep a JSON text is nested, found without parsing it, so that no parser has to survive the answer."""

from itertools import accumulate
from typing import Final

_QUOTES_AND_BRACKETS: Final = b'"[]{}'
_NO_QUOTE_OR_BRACKET: Final = bytes(byte for byte in range(256) if byte not in _QUOTES_AND_BRACKETS)
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def is_deeper_than(limit: int, raw: bytes) -> bool:
    """Say whether `raw` opens more than `limit` arrays and objects within each other.

    The answer is exact up to the first syntax error, and no parser reads past that.
    """
    if raw.count(b"[") + raw.count(b"{") <= limit:
        return False
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = raw.translate(None, _NO_QUOTE_OR_BRACKET)
    brackets = b"".join(marks.split(b'"')[::2])  # every second piece lies within a string
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > limit
