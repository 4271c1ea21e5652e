"""Payments and credits before a write-off: whose balance counts, and what follows from it (R13, R16, R26)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.unit.accounting.book import agreement as agreement_of
from tests.unit.decisions.cases import (
    NINE,
    Story,
    account,
    agreement,
    example,
    of,
    only,
    owing,
    shipped,
)
from writeoff.account import Account, FinancialTransaction, Payment
from writeoff.accounting.allocation import allocate
from writeoff.decision import Apply
from writeoff.facts import (
    AgreementsLeft,
    EventCanceled,
    PaymentRecorded,
    ProcessEnded,
    ReferralChanged,
    ReferralClosed,
    StandingChanged,
    TodoCreated,
)
from writeoff.standing import after_snapshot

AS_OF = datetime(2026, 11, 2, 8, 14, 30, tzinfo=UTC)
LATER = AS_OF + timedelta(seconds=1)


def process(*balances: int) -> Story:
    """Return a process that runs for 60 days, its debt referred."""
    story = Story(owing(*balances))
    story.visit("product-not-found")
    assert story.run_due() == [10, 20, 30]
    return story


def balances(story: Story) -> dict[str, int]:
    assert story.standing is not None
    return dict(story.standing.balances)


# --- R13: part payments, agreements that leave, the end ----------


def test_a_part_payment_changes_the_referral_and_nothing_else() -> None:
    story = process(10_000)
    facts = story.pay(2_000)
    changed = only(ReferralChanged, facts)
    assert (changed.amount, changed.previous, changed.history_sequence) == (8_000, 10_000, 2)
    assert (changed.reason, changed.payment_id) == ("payment", "PAY-1")
    assert {type(fact) for fact in facts} == {PaymentRecorded, StandingChanged, ReferralChanged}
    assert story.agency_debt == {"KIGALI-RECOVERY": 8_000}


def test_an_agreement_that_is_paid_leaves_the_process() -> None:
    story = process(3_000, 2_000)
    facts = story.pay(3_000, allocations=[{"sa_id": "SA-1", "amount": "3000"}])
    left = only(AgreementsLeft, facts).agreements
    assert [(each.sa_id, each.left) for each in left] == [("SA-1", True), ("SA-2", False)]
    assert only(ReferralChanged, facts).amount == 2_000
    assert of(ProcessEnded, facts) == []


def test_when_the_last_agreement_leaves_the_process_ends_as_paid() -> None:
    story = process(3_000, 2_000)
    story.pay(3_000)
    facts = story.pay(2_000, "PAY-2")
    assert [each.left for each in only(AgreementsLeft, facts).agreements] == [True, True]
    assert [(each.sequence, each.reason) for each in of(EventCanceled, facts)] == [(40, "paid"), (50, "paid")]
    closed = only(ReferralClosed, facts)
    assert (closed.end, closed.payment_id, closed.history_sequence) == ("paid", "PAY-2", 3)
    end = only(ProcessEnded, facts)
    assert end.end_reason == "paid"
    assert [event.status for event in end.events] == ["complete"] * 3 + ["canceled"] * 2
    assert story.sent("referral-paid")[0]["data"]["payment_id"] == "PAY-2"
    assert story.agency_debt == {"KIGALI-RECOVERY": 0}


def test_a_failed_event_is_canceled_with_the_rest() -> None:
    story = Story(account(service_agreements=(agreement(balance=10_501),)))
    story.ask()
    story.run_due()
    facts = story.pay(10_501)
    assert [each.sequence for each in of(EventCanceled, facts)] == [30, 40, 50]
    assert only(ProcessEnded, facts).end_reason == "paid"


def test_more_than_is_owed_ends_the_process_and_stays_as_a_credit() -> None:
    story = process(3_000)
    assert only(ProcessEnded, story.pay(3_500)).end_reason == "paid"
    assert balances(story) == {"SA-1": -500}


def test_one_unit_short_of_the_debt_keeps_the_process() -> None:
    story = process(3_000)
    assert of(ProcessEnded, story.pay(2_999)) == []
    assert only(ReferralChanged, story.facts).amount == 1


def test_what_the_payment_causes_is_correlated_with_it_and_belongs_to_the_process() -> None:
    story = process(3_000)
    ended = only(ProcessEnded, story.pay(3_000)).cause
    assert story.process is not None
    assert ended.process_id == story.process.process_id
    assert (ended.correlation_id, ended.causation_id) == ("message of PAY-1",) * 2
    assert (ended.request_id, ended.origin) == ("AUTO-RPA-1", "repossession-failed")


def test_after_the_write_off_nothing_leaves_and_the_process_completes() -> None:
    story = process(3_000)
    story.days_later(60)
    story.run(40)
    facts = story.run(50)
    assert of(AgreementsLeft, facts) == []
    assert only(ProcessEnded, facts).end_reason == "completed"


def test_after_the_write_off_a_snapshot_that_clears_the_debt_does_not_end_the_process() -> None:
    story = Story(owing(3_000))
    story.ask()
    for sequence in (10, 20, 30):
        story.run(sequence)
    facts = story.update(msgspec.structs.replace(owing(0), version=42))
    assert [type(fact) for fact in facts if isinstance(fact, AgreementsLeft | ProcessEnded)] == []
    assert story.run_due() == [40, 50]


def test_a_snapshot_that_clears_the_debt_ends_the_process() -> None:
    story = process(3_000)
    facts = story.update(msgspec.structs.replace(owing(0), version=42))
    assert only(ProcessEnded, facts).end_reason == "paid"
    assert only(ReferralClosed, facts).end == "paid"


def test_a_snapshot_with_less_or_more_debt_changes_the_referral() -> None:
    story = process(3_000)
    assert (
        only(ReferralChanged, story.update(msgspec.structs.replace(owing(2_000), version=42))).amount == 2_000
    )
    assert (
        only(ReferralChanged, story.update(msgspec.structs.replace(owing(3_500), version=43))).amount == 3_500
    )
    assert of(ReferralChanged, story.update(msgspec.structs.replace(owing(3_500), version=44))) == []


def test_a_payment_without_a_process_only_counts() -> None:
    story = Story(owing(3_000))
    assert {type(fact) for fact in story.pay(1_000)} == {PaymentRecorded, StandingChanged}
    assert balances(story) == {"SA-1": 2_000}


# --- R16: whose balance ----------


def booked(payment_id: str, amount: int) -> FinancialTransaction:
    known = agreement().financial_transactions[0]
    return msgspec.structs.replace(
        known, ft_id=f"FT-{payment_id}", kind="payment", amount=-amount, gl=(), payment_id=payment_id
    )


def snapshot(balance: int, *paid: FinancialTransaction, **changes: Any) -> Account:
    (known,) = owing(balance).service_agreements
    known = msgspec.structs.replace(
        known, financial_transactions=(*known.financial_transactions, *paid), balance=balance
    )
    return account(service_agreements=(known,), **changes)


@pytest.mark.parametrize(
    ("received_at", "owed"),
    [
        (LATER, 2_000),
        (AS_OF, 3_000),  # "later than as_of": the same second is not later
        (AS_OF - timedelta(days=1), 3_000),
    ],
)
def test_a_payment_counts_when_it_came_after_the_snapshot(received_at: datetime, owed: int) -> None:
    story = Story(owing(3_000, as_of=AS_OF))
    facts = story.pay(1_000, received_at=received_at.isoformat())
    assert balances(story)["SA-1"] == owed
    assert only(PaymentRecorded, facts).payment.counted == (owed == 2_000)


def test_a_payment_that_the_snapshot_has_booked_does_not_count() -> None:
    story = Story(snapshot(2_000, booked("PAY-1", 1_000)))
    facts = story.pay(1_000)
    assert balances(story) == {"SA-1": 2_000}
    assert not only(PaymentRecorded, facts).payment.counted
    story.pay(500, "PAY-2")
    assert balances(story) == {"SA-1": 1_500}


def test_a_payment_counts_on_top_of_each_later_snapshot_until_one_has_booked_it() -> None:
    story = Story(snapshot(3_000))
    story.pay(1_000)
    story.update(snapshot(3_000, version=42))
    assert balances(story) == {"SA-1": 2_000}
    story.update(snapshot(2_000, booked("PAY-1", 1_000), version=43))
    assert balances(story) == {"SA-1": 2_000}


def test_a_payment_of_before_a_later_snapshot_counts_no_more() -> None:
    story = Story(snapshot(3_000))
    story.pay(1_000)
    story.update(snapshot(3_000, version=42, as_of=NINE + timedelta(hours=1)))
    assert balances(story) == {"SA-1": 3_000}


@pytest.mark.parametrize("version", [41, 40, 0])
def test_a_version_that_is_not_above_the_stored_one_changes_nothing(version: int) -> None:
    story = Story(snapshot(3_000))
    assert story.update(snapshot(1, version=version)) == ()


def test_the_order_in_which_payments_arrive_does_not_matter() -> None:
    ways = []
    for order in ((1, 2, 3), (3, 1, 2)):
        story = Story(owing(3_000, 2_000))
        for number in order:
            at = (NINE + timedelta(minutes=number)).isoformat()
            part = {"sa_id": f"SA-{1 + number % 2}", "amount": "300"}
            story.pay(300, f"PAY-{number}", received_at=at, allocations=[part])
        ways.append(balances(story))
    assert ways[0] == ways[1] == {"SA-1": 2_700, "SA-2": 1_400}


def late_payment(**changes: Any) -> dict[str, Any]:
    document = example("inbound", "payment-received")
    document["data"] |= changes
    return document


def test_a_payment_for_an_account_that_never_comes_is_a_task_and_recorded() -> None:
    story = Story()
    decision = story.hear(late_payment(), final=True)
    assert isinstance(decision, Apply)
    recorded = only(PaymentRecorded, decision.facts).payment
    assert (recorded.amount, recorded.counted) == (2_000, False)
    todo = only(TodoCreated, decision.facts)
    assert (todo.todo_type, todo.amount) == ("PAYMENT-CHECK", 2_000)


def test_a_payment_that_names_a_version_that_never_comes_is_a_task_and_counts_under_the_next() -> None:
    story = Story(snapshot(3_000))
    decision = story.hear(late_payment(account_version=42), final=True)
    assert isinstance(decision, Apply)
    assert only(TodoCreated, decision.facts).todo_type == "PAYMENT-CHECK"
    assert balances(story) == {"SA-1": 3_000}
    story.update(snapshot(3_000, version=42))
    assert balances(story) == {"SA-1": 1_000}


def test_a_payment_in_another_currency_is_a_task_and_changes_no_balance() -> None:
    story = Story(owing(3_000))
    facts = story.pay(1_000, currency="KES")
    todo = only(TodoCreated, facts)
    assert (todo.todo_type, todo.amount, todo.currency) == ("PAYMENT-CHECK", 100_000, "KES")
    assert todo.message == (
        "Not booked by the write-off worker: KES 1,000.00. Detail: payment PAY-1 came in KES, the account is "
        "kept in RWF."
    )
    assert only(PaymentRecorded, facts).currency == "KES"
    assert balances(story) == {"SA-1": 3_000}


def test_a_payment_in_another_currency_for_an_account_that_never_comes_is_a_task_with_its_amount() -> None:
    decision = Story().hear(late_payment(currency="KES", amount="20.50"), final=True)
    assert isinstance(decision, Apply)
    todo = only(TodoCreated, decision.facts)
    assert (todo.todo_type, todo.amount, todo.currency) == ("PAYMENT-CHECK", 2_050, "KES")
    assert "KES 20.50" in todo.message


def test_a_payment_with_digits_its_currency_lacks_is_malformed() -> None:
    with pytest.raises(Exception, match="amount"):
        Story(owing(3_000)).pay(1, amount="10.50")


# --- where a payment is laid ----------

OLD = "FT-1 2026-01-01 RECEIVABLE 100 = REVENUE 100"
NEW = """
    FT-2 2026-03-01 RECEIVABLE 100 = REVENUE 100
    FT-3 2026-02-01 RECEIVABLE 100 = REVENUE 100
"""


def laid(amount: int, owed: dict[str, int], **named: int) -> dict[str, int]:
    known = account(service_agreements=(agreement_of(NEW, "SA-1"), agreement_of(OLD, "SA-2")))
    rules = shipped("RW").distribution_codes
    return allocate(amount, {key.replace("_", "-"): part for key, part in named.items()}, known, owed, rules)


@pytest.mark.parametrize(
    ("amount", "owed", "parts"),
    [
        (60, {"SA-1": 200, "SA-2": 100}, {"SA-2": 60}),
        (250, {"SA-1": 200, "SA-2": 100}, {"SA-2": 100, "SA-1": 150}),
        # Of SA-1 only 50 are left, the newest; of SA-2 half. Both are older than that.
        (120, {"SA-1": 50, "SA-2": 100}, {"SA-2": 100, "SA-1": 20}),
        # What no transaction covers is older than all that one does.
        (60, {"SA-1": 260, "SA-2": 100}, {"SA-1": 60}),
        (300, {"SA-1": 200, "SA-2": 0}, {"SA-1": 300}),
        (40, {"SA-1": 0, "SA-2": 0}, {"SA-1": 40}),
        (40, {"SA-1": -10, "SA-2": 5}, {"SA-2": 5, "SA-1": 35}),
    ],
)
def test_without_allocations_the_oldest_debt_is_paid_first(
    amount: int, owed: dict[str, int], parts: dict[str, int]
) -> None:
    assert laid(amount, owed) == parts


def test_allocations_stand_and_only_the_rest_goes_to_the_oldest_debt() -> None:
    owed = {"SA-1": 200, "SA-2": 100}
    assert laid(150, owed, SA_1=150) == {"SA-1": 150}
    assert laid(150, owed, SA_1=100) == {"SA-1": 100, "SA-2": 50}
    assert laid(400, owed, SA_2=300) == {"SA-2": 300, "SA-1": 100}


def test_an_allocation_to_an_agreement_of_another_account_goes_to_the_oldest_debt() -> None:
    assert laid(150, {"SA-1": 200, "SA-2": 100}, SA_9=150) == {"SA-2": 100, "SA-1": 50}


def test_a_standing_is_the_snapshot_less_what_counts_on_top_of_it() -> None:
    known = owing(3_000, 2_000, as_of=AS_OF)
    payments = (
        Payment(payment_id="A", received_at=LATER, amount=700, allocations={"SA-1": 700}, counted=True),
        Payment(payment_id="B", received_at=AS_OF, amount=600, allocations={"SA-2": 600}, counted=True),
    )
    standing = after_snapshot(known, None, payments)
    assert dict(standing.balances) == {"SA-1": 2_300, "SA-2": 2_000}
    assert standing.holds_since == date(2026, 6, 14)
