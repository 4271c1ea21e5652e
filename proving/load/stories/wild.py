"""A story without order: a few hot accounts, and everything that anybody may say of them, at once.

What comes of it nobody foresees; that the books are right all the same, the checker sees.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from proving.load import wording
from proving.load.stories.story import Story, Until

OPCO = "KE"
ACCOUNTS = 4
#: So many things are said at a time, and so often.
AT_ONCE, ROUNDS = 5, 8
#: What is said may be answered by nobody.
PATIENCE_SECONDS = 1.0

REASONS = (
    "product-not-found",
    "home-not-found",
    "refused-to-return",
    "promised-to-pay",
    "customer-paid",
    "product-issue",
)


class _Wild:
    """What the story remembers of what it has said."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.accounts = [story.account(OPCO) for _ in range(ACCOUNTS)]
        self.versions = dict.fromkeys(self.accounts, 0)
        self.payments: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.count = 0

    def number(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.story.name}-{self.count}"

    def somebody(self) -> str:
        return self.story.random.choice(self.accounts)

    def snapshot(self, account_id: str | None = None) -> None:
        random, account_id = self.story.random, account_id or self.somebody()
        self.versions[account_id] += 1
        bills = [
            wording.bill("FT-1", OPCO, {"REVENUE": 500_100, "VAT-PAYABLE": 79_900}, "2023-04-01"),
            wording.bill("FT-2", OPCO, {"REVENUE": 400_300, "VAT-PAYABLE": 69_700}),
        ]
        owed = random.choice((0, 333, 333_300, 1_050_000, 1_050_000, -70_000))
        agreements = [
            wording.agreement(f"SA-{account_id}-1", OPCO, owed, bills),
            wording.agreement(
                f"SA-{account_id}-2", OPCO, 250_007, [wording.bill("FT-3", OPCO, {"REVENUE": 250_007})]
            ),
        ]
        first = self.versions[account_id] == 1
        state = "defaulted" if first else random.choice(("defaulted", "defaulted", "normal", "late"))
        data = wording.snapshot(
            account_id,
            OPCO,
            agreements,
            version=self.versions[account_id],
            as_of=wording.at(self.story.today - timedelta(days=1), min(23, self.versions[account_id])),
            state=state,
            defaulted_on="2026-06-14" if state == "defaulted" else None,
        )
        self.story.say(wording.account(OPCO, data), sort="wild")

    def request(self) -> None:
        listed = self.story.random.sample(self.accounts, self.story.random.choice((1, 1, 3)))
        if len(listed) > 1:
            listed += [listed[0], f"{OPCO}-{self.story.name}-404"]
        request_id = self.story.request()
        self.asked.append(request_id)
        accounts = [{"account_id": account_id} for account_id in listed]
        self.story.say(wording.request(request_id, OPCO, accounts), sort="wild")

    def visit(self) -> None:
        attempt_id = self.number("RPA")
        self.story.requests.append(f"AUTO-{attempt_id}")
        reason = self.story.random.choice(REASONS)
        promise = {"promised_to_pay_on": str(self.story.today + timedelta(days=5))}
        fields = promise if reason == "promised-to-pay" else {}
        self.story.say(wording.attempt(attempt_id, OPCO, self.somebody(), reason, **fields), sort="wild")

    def payment(self) -> None:
        payment_id, account_id = self.number("PAY"), self.somebody()
        self.payments.append((payment_id, account_id))
        day = self.story.today - timedelta(days=self.story.random.choice((0, 0, 0, 30)))
        amount = self.story.random.choice((1, 4_999, 70_007, 1_050_000))
        self.story.say(wording.payment(payment_id, OPCO, account_id, amount, day), sort="wild")

    def bounce(self) -> None:
        if self.payments:
            payment_id, account_id = self.story.random.choice(self.payments)
            self.payments.remove((payment_id, account_id))
            message = wording.bounce(payment_id, OPCO, account_id, self.story.today)
            self.story.say(message, sort="wild")

    def _process(self) -> tuple[str, str] | None:
        account_id = self.somebody()
        started = self.story.heard("process-started", account_id)
        return (account_id, str(started[-1]["data"]["process_id"])) if started else None

    def cancellation(self) -> None:
        if found := self._process():
            scope = self.story.random.choice(
                (
                    {},
                    {"scope": "event", "event_sequence": 20},
                    {"scope": "service-agreement", "sa_id": f"SA-{found[0]}-2"},
                )
            )
            asked = self.story.request("WC")
            self.story.say(wording.cancellation(asked, OPCO, *found, **scope), sort="wild")

    def reversal(self) -> None:
        if found := self._process():
            asked = self.story.request("WV")
            self.story.say(wording.reversal(asked, OPCO, *found), sort="wild")

    def reply(self) -> None:
        placed = self.story.heard("referral-placed", self.somebody())
        if placed:
            data = self.story.random.choice(placed)["data"]
            kind = self.story.random.choice(
                ("accepted", "rejected", "uncollectible", "recall-acknowledged", "part-paid")
            )
            message = wording.reply(OPCO, data["referral_id"], data["agency"], kind, self.number("REF"))
            self.story.say(message, sort="wild")

    def acknowledgement(self) -> None:
        for consumer, kind in (("letter", "letter-requested"), ("gl", "journal-posted")):
            for message in self.story.heard(kind, self.somebody())[:1]:
                status = self.story.random.choice(("accepted", "accepted", "rejected"))
                said = wording.acknowledgement(OPCO, message["id"], consumer, status)
                said["id"] = self.number("ack")
                self.story.say(said, sort="wild")


def wild(story: Story) -> Iterator[Until]:
    """Tell it."""
    story.exact = False
    w = _Wild(story)
    for account_id in w.accounts:
        w.snapshot(account_id)
    acts: list[Callable[[], None]] = [
        w.snapshot,
        w.request,
        w.request,
        w.visit,
        w.visit,
        w.payment,
        w.payment,
        w.payment,
        w.bounce,
        w.cancellation,
        w.reversal,
        w.reply,
        w.acknowledgement,
    ]
    for _ in range(ROUNDS):
        for _ in range(AT_ONCE):
            story.random.choice(acts)()
        yield _answered_or_late(story)


def _answered_or_late(story: Story) -> Until:
    """Return what is so once anything has been heard since, or nobody has anything to say for a while."""
    before, late = len(story.everything_heard()), time.monotonic() + PATIENCE_SECONDS
    story.waits_for = "anything"
    return lambda: len(story.everything_heard()) > before or time.monotonic() > late
