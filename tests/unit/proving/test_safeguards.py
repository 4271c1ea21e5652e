"""When the verdict on a play is as it must be, and what the page says of it."""

import pytest
from msgspec.structs import replace

from proving.checker.findings import Tally
from proving.safeguards import page
from proving.safeguards.removing import SAFEGUARDS
from proving.safeguards.safeguard import Verdict, judged

FIRST = SAFEGUARDS["agency-totals-locked"]
SECOND = SAFEGUARDS["fence-at-the-end"]


def checked(*broken: str) -> list[Tally]:
    found = []
    for name in ("the agency with the least debt", "no residue"):
        tally = Tally(name=name, promise=name)
        tally.look("it", "well", "broken", ok=name not in broken)
        found.append(tally)
    return found


def verdict(name: str, *broken: str, removed: bool = True) -> Verdict:
    return judged(SAFEGUARDS[name], checked(*broken), removed=removed, seconds=1.0)


def test_a_safeguard_that_is_gone_must_be_missed_by_its_own_checks() -> None:
    assert verdict(FIRST.name, "the agency with the least debt").ok
    assert not verdict(FIRST.name).ok
    assert not verdict(FIRST.name, "no residue").ok
    assert verdict(FIRST.name, removed=False).ok
    assert not verdict(FIRST.name, "the agency with the least debt", removed=False).ok


@pytest.mark.parametrize("removed", [True, False])
def test_one_that_stands_behind_others_must_be_missed_by_nobody(*, removed: bool) -> None:
    assert verdict(SECOND.name, removed=removed).ok
    assert not verdict(SECOND.name, "no residue", removed=removed).ok


def test_the_page_says_who_noticed_or_what_stands_before() -> None:
    verdicts = [verdict(FIRST.name, "the agency with the least debt"), verdict(SECOND.name)]
    _, _, second, first = page.table(
        [*verdicts, *(replace(each, removed=False, findings=()) for each in verdicts)]
    )
    assert "| *the agency with the least debt* | nothing found |" in first
    assert "| nobody: before it stand the accounts' locks" in second
