"""Identifiers of effects: UUIDv5 of what caused them, so that a repetition makes the same ones (R12)."""

from hashlib import sha1
from uuid import NAMESPACE_URL, uuid5

#: Root of every identifier that we derive. Changing it would rename every effect: never do.
_ROOT = uuid5(NAMESPACE_URL, "https://writeoff.dev/effects/v1")
_ROOT_BYTES = _ROOT.bytes


#: The two bits of the variant, laid over the first digit of the fourth group (RFC 9562, section 4.1).
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derive(*parts: object) -> str:
    """Return the UUIDv5 of the parts, in order. Parts are separated by a character that no id may hold.

    Written out, because every effect has one and `uuid.uuid5` takes four times as long.
    """
    name = "\x1f".join(map(str, parts)).encode()
    digest = sha1(_ROOT_BYTES + name, usedforsecurity=False).hexdigest()
    return (
        f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"
    )


def message_id(type_name: str, opco: str, *key: object) -> str:
    """Return the id of a message of that type to a consumer; `key` is what caused it."""
    return derive("message", type_name, opco, *key)


def process_id(opco: str, request_id: str, account_id: str) -> str:
    """Return the id of the process that a request opens for an account."""
    return derive("process", opco, request_id, account_id)


def write_off_agreement_id(opco: str, account_id: str, sa_type: str) -> str:
    """Return the id of the one write-off agreement that an account has of a type, for ever (R19)."""
    return "WO-" + derive("write-off-agreement", opco, account_id, sa_type)
