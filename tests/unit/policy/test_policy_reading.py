"""A policy's version is what it says, and reading one never fails in any way but `PolicyInvalid`."""

import hashlib
import random
import re
import tomllib
from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.policy.documents import OPCOS, problems, rwanda, shipped_text, toml
from writeoff.errors import PolicyInvalid
from writeoff.policy.reading import dump, load, read

RWANDA = shipped_text("RW")

toml_keys = st.one_of(
    st.sampled_from(["class", "kind", "after", "events", "RECEIVABLE", "opt-out", "days"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
toml_values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(),
        st.integers(min_value=2**53, max_value=2**70),
        st.floats(),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
        st.sampled_from(["RECEIVABLE", "1e5", "opt_out", "hold", "{amount}", "{", "0", "9" * 15, "Africa"]),
        st.dates(),
        st.datetimes(timezones=st.just(UTC)),
    ),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(toml_keys, children, max_size=3),
    max_leaves=6,
)


def version(text: str) -> str:
    return read(text, "test").digest


def turned(value: Any) -> Any:
    """The same content with every table's keys in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


def test_comments_spaces_and_the_order_of_keys_do_not_change_the_version() -> None:
    assert "#" in RWANDA
    rewritten = toml(turned(tomllib.loads(RWANDA)))
    assert "#" not in rewritten
    assert version(rewritten) == version(RWANDA)


def test_a_default_that_is_written_out_does_not_change_the_version() -> None:
    spelled_out = rwanda(
        {
            "agencies/KIGALI-RECOVERY/active": True,
            "templates/residential/events/2/after": [10, 20],
            "distribution_codes/REVENUE/name": "Revenue, pay-as-you-go",
        }
    )
    assert version(toml(spelled_out)) == version(RWANDA)


def test_the_order_of_rules_does_not_change_the_version_but_their_priorities_do() -> None:
    rules = rwanda()["template_rules"]
    assert version(toml(rwanda({"template_rules": rules[::-1]}))) == version(RWANDA)
    assert version(toml(rwanda({"template_rules/1/priority": 35}))) != version(RWANDA)


@pytest.mark.parametrize(
    "changes",
    [
        {"small_balance_below": "101"},
        {"agencies/KIGALI-RECOVERY/name": "Kigali Recovery Ltd"},
        {"event_types/DEMERIT/parameters/months": 12},
        {"templates/residential/events/2/after": []},
    ],
)
def test_what_a_policy_says_is_its_version(changes: dict[str, Any]) -> None:
    assert version(toml(rwanda(changes))) != version(RWANDA)


@pytest.mark.parametrize("opco", OPCOS)
def test_a_policy_is_stored_under_the_hash_of_its_bytes_and_loads_as_it_was(opco: str) -> None:
    policy = read(shipped_text(opco), "test")
    body = dump(policy)
    assert hashlib.sha256(body).hexdigest() == policy.digest
    assert load(body) == policy
    assert dump(load(body)) == body
    assert policy.digest.startswith(policy.version)


def test_a_stored_policy_keeps_its_version_when_a_later_release_knows_more_or_fewer_keys() -> None:
    content = msgspec.json.decode(dump(read(RWANDA, "test")))
    del content["agencies"]["KIGALI-RECOVERY"]["active"]
    content["no_longer_known"] = 1
    body = msgspec.json.encode(content)
    loaded = load(body)
    assert loaded.digest == hashlib.sha256(body).hexdigest()
    assert loaded.agencies["KIGALI-RECOVERY"].active


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"opco": 1}', b"\xff"])
def test_stored_bytes_that_are_no_policy_are_refused(body: bytes) -> None:
    with pytest.raises(PolicyInvalid, match=r"^policy stored as [0-9a-f]{16} is not usable"):
        load(body)


def test_amounts_are_minor_units_of_the_policys_currency() -> None:
    kenya = read(shipped_text("KE"), "test")
    assert kenya.small_balance_below == 5000
    priced = read(toml(rwanda({"template_rules/2/amount_from": "2500"})), "test")
    assert priced.template_rules[2].amount_from == 2500


def test_rules_are_in_the_order_of_their_priorities() -> None:
    policy = read(toml(rwanda({"template_rules": rwanda()["template_rules"][::-1]})), "test")
    assert [rule.priority for rule in policy.template_rules] == [10, 20, 30, 40, 90]


def _places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in steps for place in ((*way, key), *_places(item, (*way, key)))]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(_places(rwanda())), st.sampled_from("=-+"), toml_keys, toml_values)),
)
def test_a_policy_with_strange_content_is_read_or_refused(mutations: list[tuple[Any, str, str, Any]]) -> None:
    document = rwanda()
    for (*way, last), action, key, value in mutations:
        at: Any = document
        try:
            for step in way:
                at = at[step]
            if action == "-":
                del at[last]
            else:
                at[key if action == "+" else last] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier mutation took the place away
    read_or_refused(toml(document))


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.text("[]{}=\"#.\n\\'aA0- \t\x00é", max_size=10))
def test_a_text_that_was_cut_anywhere_is_read_or_refused(chance: random.Random, inserted: str) -> None:
    start = chance.randrange(len(RWANDA))
    end = min(len(RWANDA), start + chance.choice([0, 1, 5, 200, 5000]))
    read_or_refused(RWANDA[:start] + inserted + RWANDA[end:])


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


def test_deep_dotted_keys_are_refused() -> None:
    deep = ".".join(["a"] * 3000)
    assert problems(f"[event_types.X.parameters]\n{deep} = 1")


def read_or_refused(text: str) -> None:
    found = problems(text)
    for problem in found:
        assert re.match(r"\S.*: .", problem, re.DOTALL), problem
    if not found:
        policy = read(text, "test")
        assert load(dump(policy)) == policy
