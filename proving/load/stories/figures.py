"""What the books must show, reckoned from the story alone.

Every debt is nine parts revenue and one part tax, and every amount a multiple of ten: no rounding, so that
what is expected needs none of the product's arithmetic.
"""

from random import Random

from proving.load import wording
from proving.load.stories.story import Journal, Story
from proving.load.wording import Event

#: GL accounts of the shipped policy of Rwanda.
EXPENSE, VAT, RECEIVABLE, CLEARING = "6150", "2210", "1200", "1090"
INVENTORY, TERMINATION, SMALL = "1450", "6160", "6155"
#: Amounts are multiples of this, so that nine parts and one part are whole.
UNIT = 10


class Debt:
    """An account of a story that owes on one bill, of which a part may have been paid already."""

    def __init__(self, story: Story, *, state: str = "defaulted", owed: int | None = None) -> None:
        random = story.random
        self.account_id = story.account()
        self.billed = UNIT * random.randint(200, 5_000)
        self.owed = owed if owed is not None else self.billed
        if owed is None and random.random() < 0.5:  # noqa: PLR2004 - every second one has paid something
            self.owed = UNIT * random.randint(20, self.billed // UNIT)
        self.letters = random.choice((1, 1, 2, 3))
        parts = {"REVENUE": self.billed - self.billed // UNIT, "VAT-PAYABLE": self.billed // UNIT}
        bill = wording.bill(f"FT-{self.account_id}", "RW", parts)
        self.data = wording.snapshot(
            self.account_id,
            "RW",
            [wording.agreement(f"SA-{self.account_id}", "RW", self.owed, [bill])],
            persons=wording.persons(self.account_id, self.letters, others=random.randint(0, 1)),
            state=state,
            defaulted_on="2026-06-14" if state == "defaulted" else None,
        )

    def snapshot(self) -> Event:
        """Return `account-updated`."""
        return wording.account("RW", self.data)

    def write_off(self) -> Journal:
        """Return what writing all of it off posts."""
        return self.journal(
            "write-off", {EXPENSE: self.owed * 9, VAT: self.owed}, {RECEIVABLE: self.owed * 10}
        )

    def recovery(self, payment_id: str, amount: int) -> Journal:
        """Return what a payment after the write-off posts."""
        credits_ = {EXPENSE: amount * 9, VAT: amount}
        return self.journal("recovery", {CLEARING: amount * 10}, credits_, payment_id)

    def undone(self, payment_id: str, amount: int) -> Journal:
        """Return what the bounce of such a payment posts."""
        debits = {EXPENSE: amount * 9, VAT: amount}
        return self.journal("reversal", debits, {CLEARING: amount * 10}, payment_id)

    def reversal(self) -> Journal:
        """Return what undoing the whole write-off posts, with nothing recovered."""
        credits_ = {EXPENSE: self.owed * 9, VAT: self.owed}
        return self.journal("reversal", {RECEIVABLE: self.owed * 10}, credits_)

    def journal(
        self, kind: str, debits: dict[str, int], credits_: dict[str, int], payment_id: str | None = None
    ) -> Journal:
        """Return a journal whose amounts are given in tenths of a unit."""
        return Journal(
            account_id=self.account_id,
            kind=kind,
            debits={account: amount // UNIT for account, amount in debits.items()},
            credits={account: amount // UNIT for account, amount in credits_.items()},
            payment_id=payment_id,
        )


def piece(random: Random, of: int) -> int:
    """Return a part of an amount, a multiple of ten and less than it."""
    return UNIT * random.randint(1, max(1, of // UNIT // 4))
