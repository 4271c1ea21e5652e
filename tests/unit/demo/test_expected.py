"""The hand-written file: it speaks of the accounts that are sent, and its figures add up."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from operations.demo.run import EXPECTED
from operations.demo.stories import STORIES

REPOSITORY = Path(__file__).parents[3]
#: Accounts that Pulse never sends.
STRANGERS = {97, 98}


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return tomllib.loads(EXPECTED.read_text("utf-8"))


def test_it_is_found_in_examples() -> None:
    assert (REPOSITORY / "examples" / "expected" / "demo.toml").read_text() == EXPECTED.read_text("utf-8")


def test_its_stories_are_those_that_are_sent(expected: dict[str, Any]) -> None:
    wanted = {
        each["number"]: (each["title"], tuple(each["accounts"].values())) for each in expected["stories"]
    }
    told = {story.number: (story.title, story.accounts) for story in STORIES}
    assert {number: story for number, story in wanted.items() if number not in STRANGERS} == told


def test_an_abacus_comes_to_the_same_figures() -> None:
    """It works out journals and totals from bills and rules, and knows neither product nor checker."""
    abacus = REPOSITORY / "examples" / "expected" / "calculate.py"
    done = subprocess.run(
        [sys.executable, "-I", str(abacus)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stdout[-500:]
    assert done.stdout.endswith("all as in the file\n")


def test_debits_equal_credits_in_every_currency(expected: dict[str, Any]) -> None:
    for currency in ("RWF", "KES", "XOF"):
        sides = zip(*expected["totals"][currency].values(), strict=True)
        debit, credit = (sum(int(amount.replace(".", "")) for amount in side) for side in sides)
        assert debit == credit, currency
