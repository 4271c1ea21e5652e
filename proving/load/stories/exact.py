"""Stories of one account whose outcome is known to the cent, whatever is killed meanwhile.

Each next step waits until upstream has heard of the one before, as Pulse does; a request may overtake its
snapshot, since Rwanda's policy lets it wait for ten minutes.
"""

from collections.abc import Iterator
from datetime import timedelta

from proving.load import wording
from proving.load.stories.figures import EXPENSE, INVENTORY, RECEIVABLE, TERMINATION, VAT, Debt, piece
from proving.load.stories.story import Story, Until

#: Less than the sixty days after which a visited account is written off.
BEFORE_WRITE_OFF = timedelta(days=50)


def written_off(story: Story) -> Iterator[Until]:
    """The back office asks; everything happens today."""
    debt = Debt(story)
    yield from _asked(story, debt)


def _asked(story: Story, debt: Debt, **fields: object) -> Iterator[Until]:
    request_id = story.request()
    both = [
        debt.snapshot(),
        wording.request(request_id, "RW", [{"account_id": debt.account_id}], **fields),
    ]
    if story.random.random() < 0.3:  # noqa: PLR2004 - the request overtakes its snapshot
        both.reverse()
    for message in both:
        story.say(message)
    story.expect("pulse.updates", "request-answered")
    immediately(story, debt)
    yield story.until("process-ended", debt.account_id)


def immediately(story: Story, debt: Debt) -> None:
    """Expect what the template `immediate` does to an account."""
    story.expect(
        "pulse.updates", "process-started", "demerit-recorded", "account-written-off", "process-ended"
    )
    story.expect("agency", "referral-placed")
    story.expect("letter", "letter-requested", times=debt.letters)
    story.expect("to-do", "todo-created")
    story.expect("gl", "journal-posted")
    story.journals.append(debt.write_off())


def recovered(story: Story) -> Iterator[Until]:
    """Payments after the write-off, several at once; some of them bounce."""
    debt = Debt(story)
    yield from _asked(story, debt)
    payments = [
        (f"PAY-{story.name}-{number}", piece(story.random, debt.owed // 8))
        for number in range(story.random.randint(1, 8))
    ]
    rest = debt.owed - sum(amount for _, amount in payments)
    if rest > 0 and story.random.random() < 0.2:  # noqa: PLR2004 - now and then all is paid in the end
        payments.append((f"PAY-{story.name}-rest", rest))
    for payment_id, amount in payments:
        story.say(wording.payment(payment_id, "RW", debt.account_id, amount, story.today))
        story.expect("gl", "journal-posted")
        story.journals.append(debt.recovery(payment_id, amount))
    paid = sum(amount for _, amount in payments) == debt.owed
    story.expect("agency", "referral-changed", times=len(payments) - paid)
    story.expect("agency", "referral-paid", times=int(paid))
    yield story.until("journal-posted", debt.account_id, 1 + len(payments))
    if paid:
        return
    bounced = [each for each in payments if story.random.random() < 0.3]  # noqa: PLR2004
    for payment_id, amount in bounced:
        story.say(wording.bounce(payment_id, "RW", debt.account_id, story.today))
        story.expect("gl", "journal-posted")
        story.expect("agency", "referral-changed")
        story.journals.append(debt.undone(payment_id, amount))
    yield story.until("journal-posted", debt.account_id, 1 + len(payments) + len(bounced))


def reversed_(story: Story) -> Iterator[Until]:
    """Written off, and undone: everything that happened is compensated."""
    debt = Debt(story)
    yield from _asked(story, debt)
    yield story.until("process-started", debt.account_id)
    asked = story.request("WV")
    story.say(wording.reversal(asked, "RW", debt.account_id, _process(story, debt)))
    story.expect("pulse.updates", "request-answered", "account-restored", "demerit-ended")
    story.expect("agency", "referral-cancelled")
    story.expect("letter", "letter-correction-requested", times=debt.letters)
    story.expect("to-do", "todo-closed")
    story.expect("gl", "journal-posted")
    story.journals.append(debt.reversal())
    yield story.until("account-restored", debt.account_id)


def returned(story: Story) -> Iterator[Until]:
    """Some of the goods came back."""
    debt = Debt(story)
    value = piece(story.random, debt.owed)
    back = {
        "sa_id": f"SA-{debt.account_id}",
        "product_id": "PR-1",
        "quantity": 1,
        "condition": "working",
        "fair_value": str(value),
    }
    request_id = story.request()
    story.say(debt.snapshot())
    story.say(
        wording.request(
            request_id,
            "RW",
            [{"account_id": debt.account_id, "returned_products": [back]}],
            disposition="repossession",
            reason="gave-up",
        )
    )
    story.expect("pulse.updates", "request-answered")
    immediately(story, debt)
    story.expect("agency", "referral-changed")
    rest = debt.owed - value
    debits = {INVENTORY: value * 10, EXPENSE: rest * 9, VAT: rest}
    story.journals[-1] = debt.journal("repossession", debits, {RECEIVABLE: debt.owed * 10})
    yield story.until("process-ended", debt.account_id)


def opted_out(story: Story) -> Iterator[Until]:
    """The customer chose to stop: no demerit, no agency."""
    debt = Debt(story, state="normal")
    request_id = story.request()
    story.say(debt.snapshot())
    story.say(
        wording.request(
            request_id, "RW", [{"account_id": debt.account_id}], disposition="opt_out", reason="moved"
        )
    )
    story.expect(
        "pulse.updates", "request-answered", "process-started", "account-written-off", "process-ended"
    )
    story.expect("letter", "letter-requested", times=debt.letters)
    story.expect("to-do", "todo-created")
    story.expect("gl", "journal-posted")
    story.journals.append(
        debt.journal("write-off", {TERMINATION: debt.owed * 10}, {RECEIVABLE: debt.owed * 10})
    )
    yield story.until("process-ended", debt.account_id)


def visited(story: Story) -> Iterator[Until]:
    """A visit finds the goods gone: an agency for sixty days, then the write-off."""
    debt = Debt(story)
    yield from _visit(story, debt)
    story.expect("pulse.updates", "account-written-off", "process-ended")
    story.expect("agency", "referral-cancelled")
    story.expect("gl", "journal-posted")
    story.journals.append(debt.write_off())
    yield story.until("process-ended", debt.account_id)


def _visit(story: Story, debt: Debt) -> Iterator[Until]:
    attempt_id = f"RPA-{story.name}"
    story.requests.append(f"AUTO-{attempt_id}")
    story.say(debt.snapshot())
    story.say(wording.attempt(attempt_id, "RW", debt.account_id, "product-not-found"))
    story.expect("pulse.updates", "request-answered", "process-started", "demerit-recorded")
    story.expect("agency", "referral-placed")
    story.expect("letter", "letter-requested", times=debt.letters)
    yield story.until("referral-placed", debt.account_id)
    yield story.until("letter-requested", debt.account_id, debt.letters)
    yield story.until("demerit-recorded", debt.account_id)
    yield story.until("process-started", debt.account_id)


def _process(story: Story, debt: Debt) -> str:
    """Return the process that upstream has heard of."""
    return str(story.heard("process-started", debt.account_id)[0]["data"]["process_id"])


def paid(story: Story) -> Iterator[Until]:
    """The debt is paid while the agency has it: nothing is written off."""
    debt = Debt(story)
    story.not_beyond = story.today + BEFORE_WRITE_OFF
    yield from _visit(story, debt)
    story.say(wording.payment(f"PAY-{story.name}", "RW", debt.account_id, debt.owed, story.today))
    story.expect("pulse.updates", "process-ended")
    story.expect("agency", "referral-paid")
    yield story.until("process-ended", debt.account_id)


def canceled(story: Story) -> Iterator[Until]:
    """The process is called off before the write-off: the agency is recalled."""
    debt = Debt(story)
    story.not_beyond = story.today + BEFORE_WRITE_OFF
    yield from _visit(story, debt)
    asked = story.request("WC")
    story.say(wording.cancellation(asked, "RW", debt.account_id, _process(story, debt)))
    story.expect("pulse.updates", "request-answered", "process-ended")
    story.expect("agency", "referral-cancelled")
    yield story.until("process-ended", debt.account_id)
