"""Policy files for tests: Rwanda's as a document that a test edits, and documents written as TOML again."""

import copy
import json
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from writeoff.errors import PolicyInvalid
from writeoff.policy.reading import CheckEventType, read

OPCOS = ("KE", "RW", "TG")


def shipped_text(opco: str) -> str:
    return files("writeoff.policy").joinpath("defaults", f"{opco}.toml").read_text("utf-8")


_RWANDA = tomllib.loads(shipped_text("RW"))
#: Stands for "this key is not there".
ABSENT = object()


def rwanda(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return Rwanda's policy with values at `table/key/0` paths replaced, added or (`ABSENT`) removed."""
    document = copy.deepcopy(_RWANDA)
    for path, value in (changes or {}).items():
        *way, last = (int(step) if step.isdigit() else step for step in path.split("/"))
        at: Any = document
        for step in way:
            at = at[step]
        if value is ABSENT:
            del at[last]
        else:
            at[last] = value
    return document


def case(changes: dict[str, Any], *expected: str) -> Any:
    """Return a test case: these changes of Rwanda's policy, and the problems that they make."""
    return pytest.param(changes, list(expected), id=expected[0].partition(": ")[0])


def toml(document: dict[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in document.items())


def problems(document: dict[str, Any] | str, check: CheckEventType | None = None) -> tuple[str, ...]:
    """Return what is wrong with a policy; nothing when it is read."""
    try:
        read(document if isinstance(document, str) else toml(document), "test", check)
    except PolicyInvalid as invalid:
        return invalid.problems
    return ()


def _key(key: str) -> str:
    return json.dumps(key).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case bool():
            return str(value).lower()
        case str():
            return _key(value)
        case int() | float():
            return repr(value)
        case _:
            return str(value.isoformat())
