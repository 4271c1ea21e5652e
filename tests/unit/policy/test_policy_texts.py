"""To-do texts hold named placeholders and nothing that could reach into an object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writeoff.policy.texts import PLACEHOLDERS, fill, problems


def test_placeholders_are_replaced() -> None:
    assert fill("{account_id}: {amount}", {"account_id": "RW-1", "amount": "RWF 5"}) == "RW-1: RWF 5"


def test_a_value_that_the_occasion_does_not_have_is_a_dash() -> None:
    assert fill("{account_id} {detail}", {"detail": "no such account"}) == "- no such account"


def test_braces_in_a_value_are_not_filled_again() -> None:
    assert fill("{reason} {detail}", {"reason": "{detail}", "detail": "x"}) == "{detail} x"


@pytest.mark.parametrize(
    "template", ["{amount.__class__}", "{amount!r}", "{amount:>9}", "{0}", "{}", "{ amount }"]
)
def test_format_tricks_are_no_placeholders(template: str) -> None:
    assert len(list(problems(template))) == 1
    assert fill(template, {"amount": "RWF 5"}) == template


@pytest.mark.parametrize("template", ["{", "}", "{amount", "amount}", "{{amount}}", "}{"])
def test_a_brace_without_its_partner_is_a_problem(template: str) -> None:
    assert [problem.partition(";")[0] for problem in problems(template)] == ["a brace without its partner"]


@given(st.lists(st.one_of(st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]), st.text("ab .\n"))))
def test_a_template_of_words_and_placeholders_is_filled_without_a_trace(parts: list[str]) -> None:
    template = "".join(parts)
    assert list(problems(template)) == []
    assert not set("{}") & set(fill(template, dict.fromkeys(PLACEHOLDERS, "v")))
