"""Exact stories of requests that are refused, approved, repeated or contradicted."""

from collections.abc import Iterator
from copy import deepcopy

from proving.load import wording
from proving.load.stories.exact import immediately, recovered, written_off
from proving.load.stories.figures import RECEIVABLE, SMALL, UNIT, Debt
from proving.load.stories.story import Story, Until

#: What a dead letter must say of an identity or a business key with other content.
CONFLICT = "conflicting-duplicate"


def bulk(story: Story) -> Iterator[Until]:
    """Many accounts in one request, one of them twice: it awaits approval, and is approved."""
    debts = [Debt(story) for _ in range(story.random.randint(5, 40))]
    request_id = story.request()
    for debt in debts:
        story.say(debt.snapshot())
    twice = story.random.choice(debts).account_id
    listed = [{"account_id": account_id} for account_id in (*(d.account_id for d in debts), twice)]
    story.say(wording.request(request_id, "RW", listed))
    # Revision 1 awaits the approval, revision 2 follows it; and the decision itself is answered.
    story.expect("pulse.updates", "request-answered", times=3)
    yield story.until("request-answered", request_id)
    story.say(wording.decision(request_id, "RW", f"decision-{story.name}"))
    for debt in debts:
        immediately(story, debt)
    for debt in debts:
        yield story.until("process-ended", debt.account_id)
    yield story.until("request-answered", request_id, 3)


def small(story: Story) -> Iterator[Until]:
    """A debt below the policy's threshold is closed by one journal: no process."""
    owed = UNIT * story.random.randint(1, 9)
    debt = Debt(story, owed=owed)
    request_id = story.request()
    story.say(debt.snapshot())
    story.say(wording.request(request_id, "RW", [{"account_id": debt.account_id}]))
    story.expect("pulse.updates", "request-answered")
    story.expect("gl", "journal-posted")
    story.journals.append(debt.journal("write-down", {SMALL: owed * 10}, {RECEIVABLE: owed * 10}))
    yield story.until("request-answered", request_id)
    yield story.until("journal-posted", debt.account_id)


def not_in_default(story: Story) -> Iterator[Until]:
    """Whoever pays is not written off."""
    debt = Debt(story, state="normal")
    request_id = story.request()
    story.say(debt.snapshot())
    story.say(wording.request(request_id, "RW", [{"account_id": debt.account_id}]))
    story.expect("pulse.updates", "request-answered")
    yield story.until("request-answered", request_id)


def unauthorised(story: Story) -> Iterator[Until]:
    """A clerk has no say."""
    debt = Debt(story)
    request_id = story.request()
    story.say(debt.snapshot())
    story.say(
        wording.request(request_id, "RW", [{"account_id": debt.account_id}], requested_by=wording.CLERK)
    )
    story.expect("pulse.updates", "request-answered")
    yield story.until("request-answered", request_id)


def asked_twice(story: Story) -> Iterator[Until]:
    """The same request under another identity: it is answered, and nothing else."""
    yield from written_off(story)
    request_id, account_id = story.requests[0], story.accounts[0]
    again = wording.request(request_id, "RW", [{"account_id": account_id}])
    again["id"] = f"again-{story.name}"
    story.say(again, sort="business key again")
    story.expect("pulse.updates", "request-answered")
    yield story.until("request-answered", request_id, 2)


def conflicting(story: Story) -> Iterator[Until]:
    """What was said is said again with other content, under its identity or its business key."""
    yield from recovered(story)
    account_id = story.accounts[0]
    said = wording.request(story.requests[0], "RW", [{"account_id": account_id}])
    other = deepcopy(said)
    other["data"]["reason"] = "another reason"
    story.say(other, sort="identity with other content", expect="dead", reason=CONFLICT)
    # Another amount than any of this story's: those are multiples of ten.
    payment = wording.payment(f"PAY-{story.name}-0", "RW", account_id, 7, story.today)
    story.say(payment, sort="business key with other content", expect="dead", reason=CONFLICT)
    yield lambda: True
