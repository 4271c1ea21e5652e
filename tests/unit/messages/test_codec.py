import json

import pytest

from messages import codec
from messages.malformed import MAX_PATH_LENGTH, Malformed


def refused(raw: bytes, at: str = "") -> Malformed:
    with pytest.raises(Malformed) as caught:
        codec.decode(raw, at=at)
    return caught.value


def test_plain_json_is_read() -> None:
    raw = b'{"a": [1, -2.5, "x\\u00e9\\ud83d\\ude00", true, null, {}]}'
    assert codec.decode(raw) == {"a": [1, -2.5, "xé😀", True, None, {}]}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1,]", b"{'a': 1}", b"{} {}", b'"\x01"', b"\xef\xbb\xbf{}", b"nul"]
)
def test_bad_syntax_is_unreadable(raw: bytes) -> None:
    assert refused(raw).reason == "unreadable-body"


@pytest.mark.parametrize("raw", [b'"\xff"', '{"a": 1}'.encode("utf-16"), b'"\xed\xa0\x80"'])
def test_what_is_not_utf8_is_unreadable(raw: bytes) -> None:
    assert refused(raw).reason == "unreadable-body"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b'{"a": 1, "a": 1}', "a"),
        (b'{"a": [0, {"b": {"c": 1, "c": 2}}]}', "a[1].b.c"),
        (b'{"a": NaN}', "a"),
        (b'{"a": [Infinity]}', "a[0]"),
        (b'[{"a": -Infinity}]', "[0].a"),
        (b'{"a": 1e999}', "a"),
        (b'{"a": 111111111111111111111}', "a"),
        (b'{"a": 0.' + b"1" * 50 + b"}", "a"),
        (b'{"a": "\\ud800"}', "a"),
        (b'{"a": "x\\u0000"}', "a"),
        (b'{"a": {"\\udc00": 1}}', "a"),
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused_with_its_path(raw: bytes, path: str) -> None:
    error = refused(raw)
    assert (error.path, error.reason) == (path, "malformed-field")
    assert refused(raw, at="data").path == (f"data{path}" if path[0] == "[" else f"data.{path}")


def test_the_longest_numbers_are_read() -> None:
    assert codec.decode(b"-9223372036854775808") == -(2**63)
    assert codec.decode(b"1.7976931348623157e+308") == 1.7976931348623157e308


def test_a_body_above_16_mib_is_too_large() -> None:
    assert refused(b" " * (codec.MAX_BODY_BYTES + 1)).reason == "too-large"
    assert codec.decode(b"1".rjust(codec.MAX_BODY_BYTES)) == 1


def test_a_body_of_very_many_values_is_too_large() -> None:
    assert refused(b"[" + b"{}," * codec.MAX_CONTAINERS + b"0]").reason == "too-large"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_without_end_is_too_deep(opening: bytes) -> None:
    assert refused(opening * 100_000).reason == "too-deep"


def test_32_levels_are_read_and_33_are_not() -> None:
    assert codec.decode(b"[" * 32 + b"]" * 32)
    assert refused(b"[" * 33 + b"]" * 33).reason == "too-deep"


@pytest.mark.parametrize(
    "text", ["[" * 40, '"' + "[" * 40, "\\" + "[" * 40, '\\"' + "{" * 40, "[\\\\" * 40, "\\\\\\" + "[" * 40]
)
def test_brackets_within_strings_are_no_nesting(text: str) -> None:
    assert codec.decode(json.dumps([text, {text: 1}]).encode()) == [text, {text: 1}]


def test_many_brackets_side_by_side_are_no_nesting() -> None:
    assert codec.decode(b"[" + b"[],{}," * 1000 + b"0]")


def test_a_quote_behind_an_escaped_backslash_ends_its_string() -> None:
    assert refused(b'["\\\\",' + b"[" * 40).reason == "too-deep"


def test_the_path_of_a_fault_is_bounded() -> None:
    name = b"a" * 10_000
    assert len(refused(b'{"' + name + b'": NaN}').path) == MAX_PATH_LENGTH


def test_encoding_keeps_the_order_of_names() -> None:
    assert codec.encode({"b": 1, "a": "é"}) == '{"b":1,"a":"é"}'.encode()


def test_canonical_json_sorts_names_and_rounds_numbers_like_javascript() -> None:
    assert codec.canonical({"b": 1.0, "a": [2**53 - 1, True]}) == b'{"a":[9007199254740991,true],"b":1}'
    assert codec.canonical({"n": [2**53 + 1, -(2**63)]}) == b'{"n":[9007199254740992,-9223372036854776000]}'
