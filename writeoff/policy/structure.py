"""From TOML content to the tables of a policy file, with every problem on the way and not the first alone.

`msgspec.convert` stops at the first problem; a person who edits a policy wants them all. So the tables are
walked here, and msgspec judges the single values.
"""

import re
from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from writeoff.policy.shape import PolicyTable

#: How deep an event type's parameters may nest: a bound for recursion, far beyond any handler's needs.
MAX_DEPTH = 8
#: RFC 8785 takes no integer beyond what a double holds exactly.
MAX_INTEGER = 2**53 - 1
#: What a problem shows of a wrong value; a whole paragraph would hide the sentence around it.
_SHOWN_LENGTH = 60

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BROKEN: Any = object()


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A policy file as far as its single values are right.

    What is not right is missing from `table`, and its path is in `broken`: what looks there must not look.
    """

    table: PolicyTable
    broken: frozenset[str]

    def has(self, *sections: str) -> bool:
        """Tell whether these top-level keys can be looked at."""
        return self.broken.isdisjoint(sections)

    def whole(self, *sections: str) -> bool:
        """Tell whether nothing in these top-level keys is broken."""
        return not any(path.startswith(sections) for path in self.broken)

    def lacks(self, section: str, key: str) -> bool:
        """Tell whether a section has no such entry; False as well when the entry is there and broken."""
        return (
            self.has(section)
            and key not in getattr(self.table, section)
            and join(section, key) not in self.broken
        )


def draft_of(content: Mapping[str, Any]) -> tuple[Draft, tuple[str, ...]]:
    """Return the draft of a policy and the problems of its single values, in the order of the tables."""
    walk = _Walk()
    fields = walk.fields(content, PolicyTable, "")
    # A broken field is None here, whatever its type: `Draft.has` keeps everyone away from it.
    values: dict[str, Any] = {name: None if value is _BROKEN else value for name, value in fields.items()}
    return Draft(table=PolicyTable(**values), broken=frozenset(walk.broken)), tuple(walk.problems)


def join(path: str, key: str | int) -> str:
    """Return the path one step on: `a.b`, `a[2]`, `a."odd key"`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    name = key if _BARE_KEY.fullmatch(key) else msgspec.json.encode(key).decode()
    return f"{path}.{name}" if path else name


def shown(value: object) -> str:
    """Return a wrong value as a problem shows it."""
    match value:
        case bool():
            return str(value).lower()
        case int() if abs(value) > MAX_INTEGER:
            return "a number beyond 2^53"
        case str():
            text = msgspec.json.encode(value).decode()
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."


class _Walk:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.broken: set[str] = set()

    def value(self, raw: object, wanted: Any, path: str) -> Any:
        """Return `raw` as the wanted type, or `_BROKEN` with its problems noted."""
        if get_origin(wanted) is Annotated:
            return self._leaf(raw, wanted, path)
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            return self._struct(raw, wanted, path)
        arguments = [argument for argument in get_args(wanted) if argument is not NoneType]
        origin = get_origin(wanted)
        if origin is dict:
            return self._entries(raw, arguments[0], arguments[1], path)
        if origin is tuple:
            return self._rows(raw, arguments[0], path)
        if origin is not None and origin is not Literal and len(arguments) == 1:
            return self.value(raw, arguments[0], path)
        return self._plain(raw, path, 0) if wanted is Any else self._leaf(raw, wanted, path)

    def fields(self, raw: Mapping[str, object], wanted: type[msgspec.Struct], path: str) -> dict[str, Any]:
        """Return the struct's arguments that `raw` gives; a broken or missing one is `_BROKEN`."""
        hints = get_type_hints(wanted, include_extras=True)
        known = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
        for key in raw:
            if key not in known:
                self._problem(join(path, key), f"unknown key; allowed: {', '.join(sorted(known))}")
        values: dict[str, Any] = {}
        for key, field in known.items():
            if key in raw:
                values[field.name] = self.value(raw[key], hints[field.name], join(path, key))
            elif field.required:
                values[field.name] = self._problem(
                    join(path, key), f"missing; allowed: {_allowed(hints[field.name])}"
                )
        return values

    def _struct(self, raw: object, wanted: type[msgspec.Struct], path: str) -> Any:
        if not isinstance(raw, dict):
            return self._not_allowed(raw, "a table", path)
        before = len(self.problems)
        values = self.fields(raw, wanted, path)
        if len(self.problems) > before:
            self.broken.add(path)
            return _BROKEN
        return wanted(**values)

    def _entries(self, raw: object, key_type: Any, value_type: Any, path: str) -> Any:
        """Return the entries that are right: a broken one must not hide the problems of its neighbours."""
        if not isinstance(raw, dict):
            return self._not_allowed(raw, "a table", path)
        right = {}
        for key, entry in raw.items():
            at = join(path, key)
            if key_type is not str and self._leaf(key, key_type, at, "the key ") is _BROKEN:
                continue
            value = self.value(entry, value_type, at)
            if value is not _BROKEN:
                right[key] = value
        return right

    def _rows(self, raw: object, row_type: Any, path: str) -> Any:
        if not isinstance(raw, list):
            return self._not_allowed(raw, "a list", path)
        rows = tuple(self.value(row, row_type, join(path, index)) for index, row in enumerate(raw))
        if any(row is _BROKEN for row in rows):
            self.broken.add(path)
            return _BROKEN
        return rows

    def _plain(self, raw: object, path: str, depth: int) -> Any:
        """Return a parameter if it is the same in TOML and JSON: a handler will say what it means."""
        if depth > MAX_DEPTH:
            return self._problem(path, f"nested too deep; allowed: {MAX_DEPTH} levels")
        match raw:
            case bool() | str():
                return raw
            case int() if abs(raw) <= MAX_INTEGER:
                return raw
            case list():
                return [self._plain(item, join(path, index), depth + 1) for index, item in enumerate(raw)]
            case dict():
                return {key: self._plain(item, join(path, key), depth + 1) for key, item in raw.items()}
            case _:
                allowed = (
                    "strings, whole numbers, true, false, lists and tables (write an amount as a string)"
                )
                return self._not_allowed(raw, allowed, path)

    def _leaf(self, raw: object, wanted: Any, path: str, what: str = "") -> Any:
        try:
            # A float that happens to be whole converts to an int; a policy holds no float at all (R17).
            return msgspec.convert(None if isinstance(raw, float) else raw, wanted, strict=True)
        except msgspec.ValidationError:
            return self._not_allowed(raw, _allowed(wanted), path, what)

    def _not_allowed(self, raw: object, allowed: str, path: str, what: str = "") -> Any:
        return self._problem(path, f"{what}{shown(raw)} is not allowed; allowed: {allowed}")

    def _problem(self, path: str, problem: str) -> Any:
        self.problems.append(f"{path}: {problem}")
        self.broken.add(path)
        return _BROKEN


def _allowed(wanted: Any) -> str:
    """Return what a key takes, in words: a value's own description, or the list of its choices."""
    origin = get_origin(wanted)
    if origin is Annotated:
        return str(wanted.__metadata__[0].description)
    if origin is Literal:
        return ", ".join(get_args(wanted))
    if origin is tuple:
        return "a list"
    if wanted is bool:
        return "true or false"
    alternatives = [argument for argument in get_args(wanted) if argument is not NoneType]
    if origin is not dict and len(alternatives) == 1:
        return _allowed(alternatives[0])
    return "a table"
