"""Whatever is paid, bounces, is reversed and written off again, in any order: not a unit is lost (R24)."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.kinds.intake_kind import AwaitSnapshot
from tests.unit.decisions.cases import Story, account, example, of
from writeoff.decision import Apply
from writeoff.facts import JournalPosted, PaymentCanceled, PaymentRecorded, TodoCreated
from writeoff.journal import Journal

DEBT = 10_500
#: Far above what is closed as a small balance (R7).
UNIT = 500
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "pay", "bounce", "bounce early", "reverse", "write off"]),
        st.integers(1, 12),
    ),
    max_size=25,
)


class Life:
    """An account that owes the contract's debt under one snapshot, and the bounces that wait."""

    def __init__(self) -> None:
        self.story = Story(account())
        self.paid: list[str] = []
        self.bounced: set[str] = set()
        self.waiting: list[str] = []

    def step(self, what: str, number: int) -> None:
        self.story.at += timedelta(seconds=1)
        match what:
            case "pay":
                self._pay(f"PAY-{len(self.paid) + 1}", number * UNIT)
            case "bounce" if self.paid:
                self._bounce(self.paid[number % len(self.paid)])
            case "bounce early":
                self._bounce(f"PAY-{len(self.paid) + 1}")
            case "reverse":
                self._reverse(number)
            case "write off":
                self.story.ask(request_id=f"WR-{self.story.at.isoformat()}")
                self.story.run_due()

    def _pay(self, payment_id: str, amount: int) -> None:
        self.paid.append(payment_id)
        standing = self.story.standing
        assert standing is not None
        # A back-dated payment recovers all the same; it would not count on top of the snapshot.
        late = standing.locked_by is not None and amount % (2 * UNIT) == 0
        received_at = "2026-05-01T08:00:00Z" if late else self.story.at.isoformat()
        self.story.pay(amount, payment_id, received_at=received_at)
        for waiting in list(self.waiting):
            if self._hear_bounce(waiting):
                self.waiting.remove(waiting)

    def _bounce(self, payment_id: str) -> None:
        if payment_id not in self.bounced:  # R12: the same again does nothing, and comes to no decision
            self.bounced.add(payment_id)
            if not self._hear_bounce(payment_id):
                self.waiting.append(payment_id)

    def _hear_bounce(self, payment_id: str) -> bool:
        document = example("inbound", "payment-canceled")
        document["data"] |= {"payment_id": payment_id, "canceled_at": self.story.at.isoformat()}
        decision = self.story.hear(document)
        assert isinstance(decision, Apply | AwaitSnapshot)
        return isinstance(decision, Apply)

    def _reverse(self, number: int) -> None:
        if self.story.process is not None:
            document = example("inbound", "write-off-reversal-requested")
            process_id = self.story.process.process_id
            document["data"] |= {"process_id": process_id, "request_id": f"RV-{number}-{self.story.at}"}
            self.story.hear(document)

    # --- what must hold ---------------------------------------------------------------------------------

    def check(self) -> None:
        story = self.story
        journals = [fact.journal for fact in of(JournalPosted, story.facts)]
        assert all(balanced(journal) for journal in journals)
        assert all(0 <= bucket.held <= bucket.written_off for bucket in story.buckets)
        assert story.standing is not None
        canceled = {fact.payment_id for fact in of(PaymentCanceled, story.facts)}
        applied = sum(
            sum(fact.payment.allocations.values())
            for fact in of(PaymentRecorded, story.facts)
            if fact.payment.payment_id not in canceled
        )
        told = sum(
            fact.amount or 0
            for fact in of(TodoCreated, story.facts)
            if fact.todo_type == "CHARGE-AFTER-WRITE-OFF"
        )
        held = sum(bucket.held for bucket in story.buckets)
        assert sum(story.standing.balances.values()) + held == DEBT - applied - told
        recovered = {journal.payment_id: journal.total for journal in journals if journal.kind == "recovery"}
        kept = sum(total for payment_id, total in recovered.items() if payment_id not in canceled)
        assert sum(clearing(journal) for journal in journals) == kept
        for referral in story.referrals.values():
            if referral.active and story.standing.locked_by:
                assert referral.amount == held


def balanced(journal: Journal) -> bool:
    debits = sum(line.amount for line in journal.lines if line.side == "debit")
    return debits == sum(line.amount for line in journal.lines if line.side == "credit")


def clearing(journal: Journal) -> int:
    """Return what a journal debits the recovery clearing account, less what it credits it."""
    return sum(
        line.amount if line.side == "debit" else -line.amount
        for line in journal.lines
        if line.distribution_code == "RECOVERY-CLEARING"
    )


@settings(max_examples=60)
@given(STEPS)
def test_what_is_owed_held_and_paid_is_the_debt_after_every_step(steps: list[tuple[str, int]]) -> None:
    life = Life()
    for what, number in [("write off", 1), *steps]:
        life.step(what, number)
        life.check()
