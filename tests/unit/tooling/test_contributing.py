"""CONTRIBUTING.md tells of every fixture and every command there is."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text()


def test_every_shared_fixture_is_told_of() -> None:
    conftest = (REPOSITORY / "tests" / "conftest.py").read_text()
    fixtures = re.findall(r"@pytest\.fixture.*\ndef ([a-z]\w*)\(", conftest)
    assert fixtures
    assert not [name for name in fixtures if f"`{name}`" not in CONTRIBUTING]


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z-]+)", CONTRIBUTING))
    assert named <= set(targets)
