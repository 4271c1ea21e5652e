"""Whatever arrives, the answer is data or `Malformed`."""

import contextlib
import json
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from messages import codec, inbound
from messages.envelope import read
from messages.malformed import Malformed
from tests.unit.messages.examples import INBOUND, STRUCTURED, body

any_text = st.text(st.characters(), max_size=20)  # half surrogate pairs too
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
)
storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
exact = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | storable
documents = st.recursive(
    exact,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(storable, inner, max_size=4),
    max_leaves=20,
)
headers: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["ce-specversion", "ce-id", "cloudEvents:id", "cloudEvents_type", "ce-opco", "ce-", "x"]),
    st.sampled_from(["1.0", b"1.0", b"\xff", "\ud800", 1, None, [], {}])
    | st.datetimes()
    | st.text(max_size=5),
)
unhurried = settings(deadline=None)  # how fast it is, another test asks
EXAMPLES = [json.loads(path.read_bytes()) for path in INBOUND]


def fault(raw: bytes) -> str | None:
    """Give the path of what is refused in a message, or None."""
    try:
        inbound.parse(read(raw, STRUCTURED, {}))
    except Malformed as error:
        return error.path
    return None


def first_name(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def understand(raw: bytes, content_type: str | None, given_headers: dict[str, Any]) -> None:
    with contextlib.suppress(Malformed):
        inbound.parse(read(raw, content_type, given_headers))


@unhurried
@given(
    st.binary(max_size=200)
    | st.text(alphabet='[]{}",:\\u0dD8 19eE+-.NaNInfity', max_size=200).map(str.encode)
)
def test_random_bytes_never_raise_anything_else(raw: bytes) -> None:
    understand(raw, STRUCTURED, {})
    understand(raw, "application/json", {"ce-specversion": "1.0"})


@unhurried
@given(documents)
def test_what_was_encoded_is_decoded_the_same(document: Any) -> None:
    assert codec.decode(json.dumps(document).encode()) == document
    assert codec.decode(codec.encode(document)) == document
    assert codec.decode(codec.canonical(document)) == document


@unhurried
@given(values)
def test_what_is_accepted_can_be_digested_and_stored(value: Any) -> None:
    with contextlib.suppress(Malformed):
        accepted = codec.decode(json.dumps({"value": value}).encode())
        codec.canonical(accepted)
        assert "\0" not in codec.encode(accepted).decode()


@unhurried
@given(values)
def test_where_a_fault_is_can_be_stored(value: Any) -> None:
    path = fault(json.dumps({"value": value, "last": math.nan}).encode())
    assert path is not None
    assert "\0" not in path.encode().decode()


@unhurried
@given(st.sampled_from('[{"'), st.integers(1, 5000), st.binary(max_size=5))
def test_deep_nesting_never_raises_anything_else(opening: str, depth: int, end: bytes) -> None:
    understand({"[": b"[", "{": b'{"a":', '"': b'["\\"[",'}[opening] * depth + end, STRUCTURED, {})


@unhurried
@given(st.integers(1, 30_000), st.sampled_from(["{}", "-{}", "0.{}", "1e{}", "1E-{}", "{}.5"]))
def test_huge_numbers_never_raise_anything_else(digits: int, form: str) -> None:
    raw = b'{"specversion": ' + form.format("9" * digits).encode() + b"}"
    understand(raw, STRUCTURED, {})
    with contextlib.suppress(Malformed):
        codec.canonical(codec.decode(raw))


@unhurried
@given(
    headers,
    st.sampled_from([STRUCTURED, "application/json", "", None, "a/b;c", "\udcff"]),
    st.binary(max_size=9),
)
def test_odd_headers_never_raise_anything_else(
    given_headers: Any, content_type: str | None, raw: bytes
) -> None:
    understand(raw, content_type, given_headers)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(EXAMPLES), st.data())
def test_an_example_with_any_value_replaced_is_read_or_refused_at_that_place(
    example: Any, data: st.DataObject
) -> None:
    path, spoilt = _replace_one(example, data)
    found = fault(body(spoilt))
    assert found is None or first_name(found) in {first_name(path), "data"}


def _replace_one(document: Any, data: st.DataObject) -> tuple[str, Any]:
    """Replace one value, chosen by walking down from the root."""
    copy = json.loads(json.dumps(document))
    holder, path = copy, ""
    while True:
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        path = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        if holder[key] and isinstance(holder[key], dict | list) and data.draw(st.booleans()):
            holder = holder[key]
            continue
        holder[key] = data.draw(
            values | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31", "-0", "1e5"])
        )
        return path, copy
