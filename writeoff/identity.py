"""Identifiers of effects: UUIDv5 of what caused them, so that a repetition makes the same ones (R12)."""

from uuid import NAMESPACE_URL, uuid5

#: Root of every identifier that we derive. Changing it would rename every effect: never do.
_ROOT = uuid5(NAMESPACE_URL, "https://writeoff.dev/effects/v1")


def derive(*parts: object) -> str:
    """Return the UUIDv5 of the parts, in order. Parts are separated by a character that no id may hold."""
    return str(uuid5(_ROOT, "\x1f".join(map(str, parts))))


def process_id(opco: str, request_id: str, account_id: str) -> str:
    """Return the id of the process that a request opens for an account."""
    return derive("process", opco, request_id, account_id)


def write_off_agreement_id(opco: str, account_id: str, sa_type: str) -> str:
    """Return the id of the one write-off agreement that an account has of a type, for ever (R19)."""
    return "WO-" + derive("write-off-agreement", opco, account_id, sa_type)
