"""Messages that cannot be understood, of many sorts. Each names accounts that nothing else names."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from proving.load import wording
from proving.load.wording import Event

#: What every name in poison begins with: found in any table but the dead letters', it has changed something.
MARK = "POISON"

Spoil = Callable[[Event, str], bytes]


def _dumped(message: Any) -> bytes:
    return json.dumps(message).encode()


def _with(**fields: Any) -> Spoil:
    """Return what replaces fields of the data."""
    return lambda message, _mark: _dumped({**message, "data": {**message["data"], **fields}})


def _without(name: str) -> Spoil:
    def spoil(message: Event, _mark: str) -> bytes:
        data = {key: value for key, value in message["data"].items() if key != name}
        return _dumped({**message, "data": data})

    return spoil


def _deep(message: Event, _mark: str) -> bytes:
    return _dumped({**message, "data": {**message["data"], "more": None}}).replace(
        b'"more": null', b'"more": ' + b"[" * 40 + b"]" * 40
    )


def _unbalanced(message: Event, mark: str) -> bytes:
    bill = wording.bill(f"FT-{mark}", "RW", {"REVENUE": 900})
    bill["gl"][1]["amount"] = "899"
    data = wording.snapshot(mark, "RW", [wording.agreement(f"SA-{mark}", "RW", 900, [bill])])
    return _dumped({**message, "type": "pulse.account-updated.v1", "data": data})


#: Sort -> how a sound payment is spoiled.
SORTS: Mapping[str, Spoil] = {
    "not JSON": lambda _m, mark: f"<payment id='{mark}'/>".encode(),
    "cut short": lambda message, _mark: _dumped(message)[:-20],
    "empty object": lambda _m, _mark: b"{}",
    "not an object": lambda _m, mark: _dumped([mark]),
    "broken text": lambda message, _mark: _dumped(message).replace(b"RWF", b"\xff\xfe\xfd"),
    "field missing": _without("payment_id"),
    "field of another type": _with(account_id=17),
    "amount is a number": _with(amount=700),
    "amount has too many digits": _with(amount="700.001"),
    "amount below zero": _with(amount="-700"),
    "amount of nonsense": _with(amount="seven"),
    "not a number": lambda m, _mark: _dumped({**m, "data": {**m["data"], "x": 1}}).replace(
        b'"x": 1', b'"x": NaN'
    ),
    "a name twice": lambda m, _mark: _dumped(m).replace(b'"data": {', b'"data": {"amount": "1", '),
    "a number beyond reason": lambda m, _mark: _dumped({**m, "data": {**m["data"], "x": 1}}).replace(
        b'"x": 1', b'"x": ' + b"9" * 50
    ),
    "nested too deep": _deep,
    "a null character": _with(account_id=f"{MARK}-\x00"),
    "no time of payment": _with(received_at="yesterday"),
    "unknown opco": lambda message, _mark: _dumped({**message, "opco": "ZZ"}),
    "unknown type": lambda message, _mark: _dumped({**message, "type": "pulse.nobody-knows.v9"}),
    "no id": lambda message, _mark: _dumped({k: v for k, v in message.items() if k != "id"}),
    "old envelope": lambda message, _mark: _dumped({**message, "specversion": "0.3"}),
    "a bill that does not balance": _unbalanced,
}


def poison(random: Random, number: int, opcos: Mapping[str, str]) -> tuple[str, Event, bytes]:
    """Return the sort, the sound message that it looks like to the broker, and the exact bytes."""
    sort = random.choice(sorted(SORTS))
    mark = f"{MARK}-{number}"
    sound = wording.event(
        "pulse.payment-received.v1",
        "RW",
        {
            "payment_id": f"{mark}-PAY",
            "account_id": mark,
            "received_at": "2026-11-03T10:00:00Z",
            "amount": "700",
            "currency": "RWF",
        },
    )
    sound = wording.named(sound, opcos)
    return sort, sound, SORTS[sort](sound, mark)
