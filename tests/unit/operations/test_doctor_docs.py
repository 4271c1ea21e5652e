"""Every check of the doctor is documented, with what roles do about it and why it matters."""

import re
from pathlib import Path

import pytest

from workers.doctor import Check, checks

PAGE = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text("utf-8")
ROWS = {
    name: (roles, why)
    for name, roles, why in re.findall(r"^\| `(\S+)` \| (\w+) \| (.*) \|$", PAGE, re.MULTILINE)
}


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_a_check_is_documented(check: Check) -> None:
    roles, why = ROWS[check.name]
    assert roles == ("refuse" if check.loses else "warn")
    assert re.fullmatch(re.sub(r"\\\{.*?\\\}", r"\\d+", re.escape(check.why)), why)


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_a_check_says_what_why_and_how_to_mend_in_a_sentence_each(check: Check) -> None:
    for said in (check.what, check.why, check.mend):
        assert said.endswith((".", "}"))
        assert ". " not in said.replace("ALTER TABLE ... SET", "")


def test_the_page_has_no_check_that_is_gone() -> None:
    assert ROWS.keys() == {check.name for check in checks()}
    assert len({check.name for check in checks()}) == len(checks())
