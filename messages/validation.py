"""From plain values to structs; what does not fit becomes `Malformed` with its path and a way out."""

import re
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from messages.malformed import Malformed
from messages.paths import join

S = TypeVar("S", bound=msgspec.Struct)

#: msgspec ends its messages with " - at `$.a[0].b`", and with nothing when the root is meant.
_PLACE: Final = " - at `$"
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_STEP: Final = re.compile(r"\.?(?P<name>[^.\[\]]+)|\[[^\]]*\]")


def convert(value: object, struct: type[S], *, at: str = "") -> S:
    """Give `value`, as `codec.decode` gave it, as a `struct`. Raises `Malformed`; `at` begins its path."""
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        raise _malformed(str(error), struct, at) from error


def _malformed(message: str, struct: type[S], at: str) -> Malformed:
    what, _, path = message.rpartition(_PLACE) if _PLACE in message else (message, "", "")
    path = path.removeprefix(".").removesuffix("`")
    missing = _MISSING.fullmatch(what)
    if missing or what.endswith(", got `null`"):
        path = join(path, missing["name"]) if missing else path
        problem = f"The field is required; send {_expected(struct, path)}."
        return Malformed(join(at, path), problem, "missing-field")
    if what.startswith("Invalid enum value"):
        what = "The value is not a known one"  # msgspec would repeat what was received
    elif what.startswith("Expected `str` matching"):
        what = "The text has another form"  # the pattern itself helps nobody
    return Malformed(join(at, path), f"{what}; send {_expected(struct, path)}.", "malformed-field")


def _expected(struct: type[S], path: str) -> str:
    """Say what the field at `path` takes, from its type's description."""
    kind: Any = inspect.type_info(struct)
    for step in _STEP.finditer(path):
        kind = _below(_bare(kind), step["name"])
    description = _description(kind)
    return description or "what the schema says"


def _below(kind: Any, name: str | None) -> Any:
    if isinstance(kind, inspect.StructType):
        return next((field.type for field in kind.fields if field.encode_name == name), None)
    return getattr(kind, "item_type", None)


def _bare(kind: Any) -> Any:
    """Strip metadata and `| None`."""
    if isinstance(kind, inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _bare(next(option for option in kind.types if not isinstance(option, inspect.NoneType)))
    return kind


def _description(kind: Any) -> str | None:
    if isinstance(kind, inspect.UnionType):
        described = (_description(option) for option in kind.types)
        return next((text for text in described if text), None)
    if isinstance(kind, inspect.Metadata) and kind.extra_json_schema:
        description = kind.extra_json_schema.get("description")
        return str(description) if description else _description(kind.type)
    if isinstance(kind, inspect.Metadata):
        return _description(kind.type)
    if isinstance(kind, inspect.LiteralType):
        return "one of " + ", ".join(map(str, kind.values))
    names: dict[type[Any], str] = {
        inspect.StructType: "an object",
        inspect.DictType: "an object",
        inspect.VarTupleType: "an array",
        inspect.BoolType: "true or false",
        inspect.DateTimeType: "an RFC 3339 time with an offset",
        inspect.DateType: "a date such as 2026-11-03",
    }
    return names.get(type(kind))
