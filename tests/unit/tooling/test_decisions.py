"""The list of decisions names each of them."""

import re
from pathlib import Path

DECISIONS = Path(__file__).parents[3] / "docs" / "decisions"


def test_the_list_names_every_decision_in_order() -> None:
    listed = re.findall(r"^(\d+)\. \[.*\]\((.*)\)$", (DECISIONS / "README.md").read_text(), re.MULTILINE)
    pages = sorted(page.name for page in DECISIONS.glob("0*.md"))
    assert [name for _, name in listed] == pages
    assert [int(number) for number, _ in listed] == [int(page[:4]) for page in pages]
