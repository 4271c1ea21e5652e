"""The one codec: strict JSON in, deterministic JSON out, canonical JSON for digests."""

import json
from typing import Any, Final

import msgspec
import rfc8785

from messages import strict_json
from messages.malformed import Malformed
from messages.nesting import is_deeper_than

#: A request for 100,000 accounts takes 11 MB; a body above this is not parsed at all.
MAX_BODY_BYTES: Final = 16 * 1024 * 1024
#: An empty object takes 3 bytes of a body and 64 of memory. The largest legitimate request, 100,000 accounts
#: of which 5,000 have a snapshot, opens about 700,000 arrays and objects.
MAX_CONTAINERS: Final = 1_000_000
#: The deepest message of ours has 7 levels. Far below Python's recursion limit, far above any need.
MAX_DEPTH: Final = 32

_ENCODER: Final = msgspec.json.Encoder()


def decode(raw: bytes, *, at: str = "") -> Any:
    """Read one JSON value as dicts, lists, str, int, float, bool and None.

    `at` is the path of the value in its message (`data` in CloudEvents binary mode), for errors.
    Raises `Malformed`, and nothing else whatever the bytes.
    """
    if len(raw) > MAX_BODY_BYTES:
        problem = f"The body has more than {MAX_BODY_BYTES} bytes; send fewer accounts in one message."
        raise Malformed(at, problem, "too-large")
    if raw.count(b"[") + raw.count(b"{") > MAX_CONTAINERS:
        problem = f"The body opens more than {MAX_CONTAINERS} arrays and objects; send fewer accounts."
        raise Malformed(at, problem, "too-large")
    if is_deeper_than(MAX_DEPTH, raw):
        problem = f"The body is nested deeper than {MAX_DEPTH} levels; send the fields of the schema."
        raise Malformed(at, problem, "too-deep")
    try:
        return strict_json.parse(raw.decode(), at=at)
    except UnicodeDecodeError as error:
        problem = f"Byte {error.start} is not UTF-8; encode the body as UTF-8."
        raise Malformed(at, problem, "unreadable-body") from error
    except json.JSONDecodeError as error:
        problem = f"Not JSON at character {error.pos}: {error.msg}; send one JSON object."
        raise Malformed(at, problem, "unreadable-body") from error


def encode(value: object) -> bytes:
    """Write structs or plain values as compact UTF-8 JSON, fields in their declared order.

    Equal values give equal bytes. No limit is checked: what is written here was made here.
    """
    return _ENCODER.encode(value)


def canonical(data: Any) -> bytes:
    """Write `data`, as `decode` gave it, in the one form that RFC 8785 defines for digests.

    RFC 8785 §3.2.2.3 knows doubles alone: an integer beyond 2**53 - 1 is rounded as JavaScript does it.
    """
    try:
        return rfc8785.dumps(data)
    except rfc8785.IntegerDomainError:
        return rfc8785.dumps(_with_doubles(data))


def _with_doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_doubles(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_doubles(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) >= 2**53 else value
    return value
