"""What facts add to debt that is enforced after its write-off (R28): one by one, or a set at a time."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from tests.unit.decisions.cases import ACCOUNT, Story, account, of
from tests.unit.decisions.test_written_off import LAMPS
from writeoff.enforced import EnforcedKey, enforced
from writeoff.facts import AccountWrittenOff, Fact, ReferralClosed


def said(facts: Sequence[Fact]) -> dict[EnforcedKey, tuple[int, int]]:
    """Return what facts add to each other, each looked at alone."""
    counts: Counter[EnforcedKey] = Counter()
    minor: Counter[EnforcedKey] = Counter()
    for fact in facts:
        for key, (count, added) in enforced([fact]).items():
            counts[key] += count
            minor[key] += added
    return {key: (counts[key], minor[key]) for key in minor if counts[key] or minor[key]}


def due(story: Story) -> dict[EnforcedKey, tuple[int, int]]:
    """Return the active referrals of the story, if it has been written off."""
    active = [each for each in story.referrals.values() if each.active]
    if not of(AccountWrittenOff, story.facts) or not active:
        return {}
    [one] = active
    return {EnforcedKey("RW", "RWF", one.agency): (1, one.amount)}


@pytest.mark.parametrize("returned", [(), (LAMPS,)])
def test_what_is_enforced_is_what_is_referred_once_it_is_written_off(returned: Sequence[Any]) -> None:
    story = Story(account())
    seen: list[dict[EnforcedKey, tuple[int, int]]] = []

    def look() -> None:
        assert said(story.facts) == enforced(story.facts) == due(story)
        seen.append(due(story))

    story.ask(
        disposition="repossession" if returned else "write_off",
        accounts=[{"account_id": ACCOUNT, "returned_products": list(returned)}],
    )
    look()
    story.days_later(100)
    while event := story.next_due():
        story.run(event.sequence)
        look()
    assert seen[0] == {}
    assert any(seen)


def test_what_a_decision_says_after_it_has_written_off_counts_too() -> None:
    """It has looked at a case that was not written off yet."""
    story = Story(account())
    story.ask(disposition="write_off")
    story.days_later(100)
    story.run_due()
    written = of(AccountWrittenOff, story.facts)[0]
    [(agency, minor)] = written.referred or [("KIGALI", 500)]
    written = msgspec.structs.replace(written, referred=((agency, minor),))
    closed = ReferralClosed(
        cause=written.cause,
        referral_id="r",
        agency=agency,
        history_sequence=2,
        end="cancellation",
        previous=minor,
        currency="RWF",
        reason="",
        payment_id=None,
        enforced=False,
    )
    key = EnforcedKey("RW", "RWF", agency)
    assert enforced([written]) == {key: (1, minor)}
    assert enforced([written, closed]) == {}
    assert enforced([closed]) == {}
