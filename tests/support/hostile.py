"""Messages as nobody should send them, by a seed: bodies and headers nearly right, or nothing at all.

Each body that can be read has a number of its own, so that no two of them are the same message.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from messages.destinations import INBOUND

EXAMPLES = [
    json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[2] / "examples" / "messages" / "inbound").glob("*.json"))
]
QUEUES = [queue.name for queue in INBOUND]
STRUCTURED = "application/cloudevents+json"
#: Stand where a value stood: what JSON can say, and what Python or a database might choke on.
VALUES: Sequence[Any] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.1, 1e308, -0.0, "", " ", "0", "-1",
    "1e9", "NaN", "Infinity", "\u0663", "0.001", "-0.00", "1" * 400, "x" * 5_000, "\x00", "a\x00b", "\ud800",
    "\u202e", "'; --", "%s%n", "../../etc", "{0}", "${jndi:x}", "2026-02-30", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:60+14:00", "2026-11-03T10:00:00", "RW", "KE", "ZZ", "RWF", "USD", [], {}, [[]],
    {"": None}, [None] * 100, {"a": {"b": []}},
)  # fmt: skip
HEADERS: Sequence[Any] = (
    None, True, 0, -1, 2**63 - 1, 1.5, Decimal("1.10"), datetime(2026, 11, 3, tzinfo=UTC), "", "x" * 20_000,
    b"\xff\xfe", b"bytes", "\x00", "\ud800", [], {}, [1, "a", None, {"b": [2]}], {"deep": {"er": [{}]}},
)  # fmt: skip
ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "opco",
    "subject",
    "datacontenttype",
    "traceparent",
)
PREFIXES = ("ce-", "cloudEvents:", "cloudEvents_", "CE-", "ce_", "")


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One message as it is published."""

    queue: str
    body: bytes
    content_type: Any
    headers: Mapping[Any, Any]


def messages(seed: int, count: int) -> Iterator[Hostile]:
    """Yield so many messages; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    makers = (_structured, _structured, _structured, _binary, _binary, _broken, _noise, _headed, _valid)
    for number in range(count):
        yield chance.choice(makers)(chance, f"{seed}-{number}")


def _event(chance: random.Random, number: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(json.dumps(chance.choice(EXAMPLES)))
    event["id"] = f"FUZZ-{number}"
    event["data"]["fuzz"] = number
    return event


def _valid(chance: random.Random, number: str) -> Hostile:
    event = _event(chance, number)
    account = f"RW-{chance.randrange(500)}"
    if "account_id" in event["data"]:
        event["data"]["account_id"] = account
    for key in ("request_id", "payment_id", "repossession_id", "attempt_id"):
        if key in event["data"]:
            event["data"][key] = f"{key}-{number}"
    return _sent(chance, json.dumps(event).encode(), STRUCTURED)


def _structured(chance: random.Random, number: str) -> Hostile:
    event = _event(chance, number)
    for _ in range(chance.randint(1, 3)):
        _mutate(chance, event)
    return _sent(chance, json.dumps(event).encode("utf-8", "surrogatepass"), STRUCTURED)


def _binary(chance: random.Random, number: str) -> Hostile:
    event = _event(chance, number)
    data = event.pop("data")
    if chance.random() < 0.5:
        _mutate(chance, data)
    prefix = chance.choice(PREFIXES)
    headers: dict[Any, Any] = {prefix + name: value for name, value in event.items()}
    for _ in range(chance.randint(0, 2)):
        name = chance.choice(ATTRIBUTES)
        headers[chance.choice(PREFIXES) + name] = chance.choice(HEADERS)
    if chance.random() < 0.2:
        headers.pop(prefix + chance.choice(ATTRIBUTES), None)
    kind = chance.choice(
        ("application/json", "application/json", "application/json; charset=latin-1", "", "text/x")
    )
    return _sent(chance, json.dumps(data).encode("utf-8", "surrogatepass"), kind, headers)


def _broken(chance: random.Random, number: str) -> Hostile:
    """JSON that is cut off, doubled, nested, padded or in another encoding."""
    text = json.dumps(_event(chance, number))
    body = text.encode()
    cut = chance.randrange(len(body))
    broken: Sequence[Callable[[], bytes]] = (
        lambda: body[:cut],
        lambda: body + b"}",
        lambda: body[:cut] + bytes([chance.randrange(256)]) + body[cut + 1 :],
        lambda: body[:cut] + chance.randbytes(chance.randint(1, 9)) + body[cut:],
        lambda: b"\xef\xbb\xbf" + body,
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-32-le"),
        lambda: body.replace(b'"id"', b'"id": "twice", "id"', 1),
        lambda: body.replace(b'"data"', b'"data": {}, "data"', 1),
        lambda: (
            body[:-1] + b', "x": ' + b"[" * (depth := chance.choice((31, 33, 5_000))) + b"]" * depth + b"}"
        ),
        lambda: (
            body[:-1]
            + b', "x": '
            + chance.choice((b"NaN", b"-Infinity", b"1e999999", b"01", b"9" * 5_000))
            + b"}"
        ),
        lambda: b" " * chance.choice((1, 100_000)) + body,
        lambda: b"[" + body + b"]",
    )
    return _sent(chance, chance.choice(broken)(), STRUCTURED)


def _noise(chance: random.Random, number: str) -> Hostile:
    body = chance.choice(
        (b"", b"null", b"{}", b"[]", b'""', b"\x00", number.encode(), b"{" * 100_000, chance.randbytes(200),
         chance.randbytes(chance.randint(1, 5_000)), b"\x1f\x8b" + chance.randbytes(50), b"\xff" * 100)
    )  # fmt: skip
    return _sent(
        chance, body, chance.choice((STRUCTURED, "", "text/plain", "application/json", "x" * 255, "é"))
    )


def _headed(chance: random.Random, number: str) -> Hostile:
    """A good event among headers that are not."""
    nested: Any = chance.choice(HEADERS)
    for _ in range(chance.choice((0, 3, 40, 200))):
        nested = {"n": nested} if chance.random() < 0.5 else [nested]
    headers: dict[Any, Any] = {
        chance.choice(
            ("x", "ce-id", "ce-data", "traceparent", "x-death", "x-delivery-count", "redelivered", "é")
        ): nested
        for _ in range(chance.randint(1, 4))
    }
    return _sent(chance, json.dumps(_event(chance, number)).encode(), STRUCTURED, headers)


def _sent(
    chance: random.Random, body: bytes, content_type: Any, headers: Mapping[Any, Any] | None = None
) -> Hostile:
    return Hostile(queue=chance.choice(QUEUES), body=body, content_type=content_type, headers=headers or {})


def _mutate(chance: random.Random, event: Any) -> None:
    """Replace, remove, add or move something anywhere in it."""
    places: list[tuple[Any, Any]] = []
    heap = [event]
    while heap:
        each = heap.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        places += [(each, key) for key in keys if key != "fuzz"]
        heap += [each[key] for key in keys if isinstance(each[key], dict | list)]
    within, key = chance.choice(places)
    match chance.randrange(4):
        case 0:
            within[key] = deepcopy(chance.choice(VALUES))
        case 1:
            del within[key]
        case 2 if isinstance(within, dict):
            within[str(chance.choice(VALUES))[:50]] = deepcopy(within[key])
        case _:
            within[key] = deepcopy(within[key]) * 2 if isinstance(within[key], list | str) else [within[key]]


def envelope(chance: random.Random, message: Hostile) -> bytes:
    """Return it as kombu lays it into a Redis list, mutated once in a while."""
    sealed: dict[str, Any] = {
        "body": base64.b64encode(message.body).decode(),
        "content-encoding": None,
        "content-type": message.content_type,
        "headers": message.headers,
        "properties": {"body_encoding": "base64", "delivery_tag": "t", "delivery_info": {"exchange": ""}},
    }
    if chance.random() < 0.1:
        _mutate(chance, sealed)
    if chance.random() < 0.02:
        return message.body
    return json.dumps(sealed, default=repr).encode("utf-8", "surrogatepass")
