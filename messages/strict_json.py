"""JSON text that every reader understands alike, and the path of what is not.

RFC 8259 leaves open what a repeated name, a number beyond a double or half a surrogate pair means.
All of these are refused. The parser's hooks know no path, so a second pass finds it, in the rare case.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from messages.malformed import Malformed
from messages.paths import join

#: Holds every 64-bit integer and its sign; the cost of an integer grows with the square of its digits.
MAX_INTEGER_LENGTH: Final = 20
#: A double needs 17 digits, a point and an exponent; a longer literal says more than a double holds.
MAX_NUMBER_LENGTH: Final = 40


def parse(text: str, *, at: str = "") -> Any:
    """Parse one JSON value, which stands at the path `at` of its message.

    Raises `json.JSONDecodeError` for bad syntax, `Malformed` for what is not understood by all alike.
    The caller bounds size and depth beforehand.
    """
    try:
        value = _STRICT.decode(text)
    except _FaultMet:
        _refuse_first_fault(text, at)
        raise
    if _SUSPECT_ESCAPE.search(text):
        _refuse_first_fault(text, at)
    return value


def text_problem(text: str) -> str | None:
    """Say what keeps `text` from being stored or sent on, if anything does."""
    if "\0" in text:
        return "The text holds the character U+0000; leave it out."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "The text holds half a surrogate pair; escape characters beyond U+FFFF as a pair."
    return None


class _FaultMet(Exception):
    """A hook met something unacceptable; the second pass finds where."""


class _Number(str):
    """A number's text, as it stands in the document."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """An object's members in order, repeated names included."""


#: U+0000, which PostgreSQL cannot store as text, and everything that may be half a surrogate pair.
_SUSPECT_ESCAPE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def _number_problem(text: str) -> str | None:
    if text.lstrip("-")[0] not in "0123456789":
        return "NaN and Infinity are no JSON numbers; send null or leave the field out."
    if len(text) > (MAX_INTEGER_LENGTH if text.lstrip("-").isdigit() else MAX_NUMBER_LENGTH):
        return "The number has too many digits; send amounts and identifiers as strings."
    if not math.isfinite(float(text)):
        return "The number is larger than a double can hold; send it as a string."
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _FaultMet
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_INTEGER_LENGTH:
        raise _FaultMet
    return int(text)


def _float(text: str) -> float:
    if _number_problem(text):
        raise _FaultMet
    return float(text)


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_float
)
_VERBATIM: Final = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_Number
)


def _refuse_first_fault(text: str, at: str) -> None:
    for path, problem in _faults(at, _VERBATIM.decode(text)):
        raise Malformed(path, problem)


def _faults(path: str, value: object) -> Iterator[tuple[str, str]]:
    problem = None
    if isinstance(value, _Members):
        yield from _member_faults(path, value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(f"{path}[{index}]", item)
    elif isinstance(value, _Number):
        problem = _number_problem(value)
    elif isinstance(value, str):
        problem = text_problem(value)
    if problem:
        yield path, problem


def _member_faults(path: str, members: _Members) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, value in members:
        if problem := text_problem(name):
            yield path, problem  # the name itself could not be stored with the dead letter
        if name in seen:
            yield join(path, name), "The field is given twice in one object; send it once."
        seen.add(name)
        yield from _faults(join(path, name), value)
