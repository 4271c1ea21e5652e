"""Payments after a write-off, and payments that do not hold: what is decided of them (R15, R16, R24, R26)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from handlers.kinds.intake_kind import AwaitSnapshot
from tests.unit.decisions.cases import (
    Story,
    account,
    agreement,
    billed,
    example,
    of,
    only,
    owing,
    shipped,
)
from tests.unit.decisions.test_contract_examples import differences
from writeoff.account import Account, FinancialTransaction
from writeoff.accounting.posting import Periods
from writeoff.decision import Apply
from writeoff.facts import (
    Fact,
    JournalPosted,
    PaymentRecorded,
    ReferralChanged,
    ReferralClosed,
    StandingChanged,
    TodoClosed,
    TodoCreated,
)

AS_OF = datetime(2026, 11, 2, 8, 14, 30, tzinfo=UTC)


def written_off(known: Account | None = None) -> Story:
    """Return an account that was written off today, its debt still with an agency."""
    story = Story(known or account())
    story.ask()
    story.run_due()
    assert story.standing is not None
    assert story.standing.locked_by is not None
    return story


def paid_before(*, booked: bool) -> Account:
    """Return an account that owes 8,000 of 10,000, since 2,000 were paid: booked, or not yet."""
    known = owing(10_000)
    if not booked:
        return known
    payment = FinancialTransaction(
        ft_id="FT-P", kind="payment", accounting_date=date(2026, 11, 1), amount=-2_000, payment_id="PAY-1"
    )
    owed = known.service_agreements[0]
    agreements = (
        msgspec.structs.replace(
            owed, balance=8_000, financial_transactions=(*owed.financial_transactions, payment)
        ),
    )
    return msgspec.structs.replace(known, service_agreements=agreements)


def lines(facts: Sequence[Fact]) -> list[str]:
    """Return the lines of the one journal as rows: side, code, amount."""
    journal = only(JournalPosted, facts).journal
    return [
        f"{'Dr' if line.side == 'debit' else 'Cr'} {line.distribution_code} {line.amount}"
        for line in journal.lines
    ]


def held(story: Story) -> list[int]:
    return [bucket.held for bucket in story.buckets]


def kinds(facts: Sequence[Fact]) -> set[str]:
    return {type(fact).__name__ for fact in facts}


# --- the contract's examples --------------------------------------------------------------------------------


def contract() -> Story:
    story = written_off()
    story.at = datetime(2026, 11, 20, 16, 30, 1, tzinfo=UTC)
    story.hear(example("inbound", "payment-received"))
    return story


def test_the_contracts_payment_posts_the_contracts_recovery_and_changes_the_referral() -> None:
    story = contract()
    _, recovery = story.sent("journal-posted")
    assert differences(example("outbound", "journal-posted.recovery"), recovery) == []
    (changed,) = story.sent("referral-changed")
    assert differences(example("outbound", "referral-changed"), changed) == []
    assert held(story) == [7_690, 648, 162]


def test_the_contracts_bounce_undoes_it_by_a_journal_that_names_it() -> None:
    story = contract()
    _, recovery = story.sent("journal-posted")
    story.on(date(2026, 11, 22))
    assert isinstance(story.hear(example("inbound", "payment-canceled")), Apply)
    *_, undone = story.sent("journal-posted")
    data = undone["data"]
    assert (data["kind"], data["reverses_journal_id"]) == ("reversal", recovery["data"]["journal_id"])
    assert (data["reason"], data["payment_id"]) == ("mobile money reversal", "PAY-880012")
    assert (data["transaction_date"], data["event_sequence"]) == ("2026-11-22", None)
    assert [(line["side"], line["gl_account"], line["amount"]) for line in data["lines"]] == [
        ("debit", "6150", "1810"),
        ("debit", "2210", "152"),
        ("debit", "2220", "38"),
        ("credit", "1090", "2000"),
    ]
    assert held(story) == [9_500, 800, 200]
    *_, changed = story.sent("referral-changed")
    assert (changed["data"]["amount"], changed["data"]["history_reason"]) == ("10500", "change")


# --- R24: which payments are recoveries ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "received_at",
    ["2026-11-03T09:00:00Z", "2026-11-03T12:00:00+02:00", "2026-11-02T08:14:30Z", "2026-05-01T00:00:00Z"],
    ids=["the same second", "later", "before the snapshot", "back-dated by months"],
)
def test_a_payment_processed_after_the_write_off_is_a_recovery_whenever_it_was_received(
    received_at: str,
) -> None:
    facts = written_off().pay(2_000, received_at=received_at)
    assert lines(facts) == [
        "Dr RECOVERY-CLEARING 2000",
        "Cr WRITE-OFF-EXPENSE 1810",
        "Cr VAT-PAYABLE 152",
        "Cr CITY-TAX-PAYABLE 38",
    ]


def test_a_payment_processed_before_the_write_off_lessens_it_and_is_no_recovery() -> None:
    story = Story(account())
    story.ask()
    story.run(10)
    story.pay(2_000)
    story.run_due()
    assert sum(held(story)) == 8_500
    assert only(JournalPosted, story.facts).journal.kind == "write-off"


def test_what_the_snapshot_of_the_write_off_had_booked_does_nothing() -> None:
    story = written_off(paid_before(booked=True))
    facts = story.pay(2_000)
    assert kinds(facts) == {"PaymentRecorded"}
    assert sum(held(story)) == 8_000


def test_what_only_a_later_snapshot_has_booked_is_a_recovery() -> None:
    story = written_off(paid_before(booked=False))
    later = msgspec.structs.replace(paid_before(booked=True), version=42)
    assert of(JournalPosted, story.update(later)) == []
    assert lines(story.pay(2_000)) == ["Dr RECOVERY-CLEARING 2000", "Cr WRITE-OFF-EXPENSE 2000"]


def test_no_version_of_the_snapshot_is_waited_for_once_the_account_is_written_off() -> None:
    assert of(JournalPosted, written_off().pay(2_000, account_version=99)) != []


def test_another_currency_is_a_to_do_after_the_write_off_too() -> None:
    story = written_off()
    facts = story.pay(2_000, currency="KES")
    assert kinds(facts) == {"PaymentRecorded", "TodoCreated"}
    assert sum(held(story)) == 10_500
    assert kinds(story.bounce()) == {"PaymentCanceled"}


def test_several_payments_and_what_is_above_the_debt_which_is_a_persons_to_refund() -> None:
    story = written_off()
    story.pay(9_000)
    facts = story.pay(2_000, "PAY-2")
    assert only(JournalPosted, facts).journal.total == 1_500
    task = only(TodoCreated, facts)
    assert (task.todo_type, task.amount) == ("PAYMENT-CHECK", 500)
    more = story.pay(100, "PAY-3")
    assert kinds(more) == {"PaymentRecorded", "TodoCreated"}
    assert held(story) == [0, 0, 0]


def test_what_a_payment_names_for_an_agreement_that_lives_on_is_counted_there() -> None:
    living = agreement("SA-9", 3_000, sa_type="deposit")
    known = owing(10_000)
    story = written_off(
        msgspec.structs.replace(known, service_agreements=(*known.service_agreements, living))
    )
    facts = story.pay(
        2_500,
        received_at="2026-11-03T10:00:00Z",
        allocations=[{"sa_id": "SA-9", "amount": "1000"}, {"sa_id": "SA-1", "amount": "500"}],
    )
    assert lines(facts) == ["Dr RECOVERY-CLEARING 1500", "Cr WRITE-OFF-EXPENSE 1500"]
    assert only(StandingChanged, facts).standing.balances == {"SA-1": 0, "SA-9": 2_000}
    assert only(PaymentRecorded, facts).payment.allocations == {"SA-9": 1_000, "SA-1": 1_500}
    back = story.bounce(canceled_at="2026-11-04T10:00:00Z")
    assert only(StandingChanged, back).standing.balances == {"SA-1": 0, "SA-9": 3_000}
    assert held(story) == [10_000]


def test_recoveries_count_on_no_balance_under_a_later_snapshot() -> None:
    living = billed("SA-2", 4_000)
    known = owing(10_000)
    story = written_off(known)
    story.pay(12_000, received_at="2026-11-03T10:00:00Z")
    grown = msgspec.structs.replace(known, version=42, service_agreements=(*known.service_agreements, living))
    story.update(grown)
    assert story.standing is not None
    assert story.standing.balances == {"SA-1": 0, "SA-2": 4_000}


def test_the_agency_that_collected_is_kept_and_told_the_new_amount() -> None:
    story = written_off()
    facts = story.pay(2_000, collected_by_agency="KIGALI-RECOVERY")
    assert only(PaymentRecorded, facts).payment.collected_by == "KIGALI-RECOVERY"
    assert only(ReferralChanged, facts).amount == 8_500


def test_a_recovery_of_everything_closes_the_referral_as_paid() -> None:
    story = written_off()
    closed = only(ReferralClosed, story.pay(10_500))
    assert (closed.end, closed.reason, closed.payment_id) == ("paid", "payment", "PAY-1")
    assert kinds(story.bounce()) == {"PaymentCanceled", "JournalPosted", "TodoCreated"}


def test_what_a_recovery_causes_belongs_to_the_process_and_is_correlated_with_the_payment() -> None:
    story = written_off()
    assert story.process is not None
    cause = only(JournalPosted, story.pay(2_000)).cause
    assert (cause.process_id, cause.request_id) == (story.process.process_id, "WR-2026-000871")
    assert (cause.correlation_id, cause.causation_id) == ("message of PAY-1",) * 2


# --- R22: when it is posted ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("received_at", "day"), [
    ("2026-10-31T21:59:59Z", "2026-10-31"),
    ("2026-10-31T22:00:00Z", "2026-11-01"),
])  # fmt: skip
def test_the_transaction_date_is_that_of_the_payment_where_the_opco_is(received_at: str, day: str) -> None:
    journal = only(JournalPosted, written_off().pay(2_000, received_at=received_at)).journal
    assert journal.transaction_date == journal.posting_date == date.fromisoformat(day)


def test_in_a_closed_period_it_is_posted_on_the_first_day_of_an_open_one() -> None:
    story = written_off()
    story.periods = Periods(first="2026-09", closed=frozenset({"2026-09", "2026-10"}))
    journal = only(JournalPosted, story.pay(2_000, received_at="2026-10-20T10:00:00Z")).journal
    assert (journal.transaction_date, journal.posting_date) == (date(2026, 10, 20), date(2026, 11, 1))
    assert (journal.period, journal.moved_from_period) == ("2026-11", "2026-10")


# --- payments that do not hold ------------------------------------------------------------------------------


def running(known: Account) -> Story:
    """Return a process whose debt is referred and whose write-off is sixty days away."""
    story = Story(known)
    story.visit("product-not-found")
    story.run_due()
    return story


def balances(story: Story) -> dict[str, int]:
    assert story.standing is not None
    return dict(story.standing.balances)


def test_before_a_write_off_the_balance_rises_again_and_the_referral_with_it() -> None:
    story = running(owing(10_000))
    story.pay(2_000)
    facts = story.bounce()
    assert balances(story) == {"SA-1": 10_000}
    changed = only(ReferralChanged, facts)
    assert (changed.amount, changed.previous, changed.reason) == (10_000, 8_000, "payment-canceled")
    assert of(JournalPosted, facts) == []


def test_an_agreement_that_has_left_the_process_owes_again_outside_of_it() -> None:
    story = running(owing(3_000, 2_000))
    story.pay(3_000, allocations=[{"sa_id": "SA-1", "amount": "3000"}])
    facts = story.bounce()
    assert balances(story) == {"SA-1": 3_000, "SA-2": 2_000}
    assert of(ReferralChanged, facts) == []
    task = only(TodoCreated, facts)
    assert (task.todo_type, task.amount) == ("PAYMENT-CHECK", 3_000)


def test_a_bounce_of_what_the_snapshot_has_booked_counts_on_top_of_it() -> None:
    story = running(paid_before(booked=True))
    story.bounce()
    assert balances(story) == {"SA-1": 10_000}


def test_a_bounce_that_the_snapshot_knows_counts_once() -> None:
    known = paid_before(booked=True)
    owed = known.service_agreements[0]
    *bills, payment = owed.financial_transactions
    bounced = msgspec.structs.replace(
        owed,
        balance=10_000,
        financial_transactions=(*bills, msgspec.structs.replace(payment, canceled=True)),
    )
    story = running(msgspec.structs.replace(known, service_agreements=(bounced,)))
    story.bounce()
    assert balances(story) == {"SA-1": 10_000}


def test_a_canceled_payment_counts_under_no_later_snapshot() -> None:
    story = running(owing(10_000))
    story.pay(2_000, received_at="2026-11-04T10:00:00Z")
    story.bounce(canceled_at="2026-11-05T10:00:00Z")
    again = msgspec.structs.replace(owing(10_000), version=42, as_of=AS_OF + timedelta(days=1))
    story.update(again)
    assert balances(story) == {"SA-1": 10_000}
    booked = msgspec.structs.replace(
        paid_before(booked=True), version=43, as_of=datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
    )
    story.update(booked)
    assert balances(story) == {"SA-1": 10_000}


def test_a_bounce_that_overtakes_its_payment_waits() -> None:
    story = written_off()
    document = example("inbound", "payment-canceled")
    assert story.hear(document) == AwaitSnapshot()


def test_a_bounce_whose_payment_never_comes_is_a_to_do_and_the_payment_counts_nowhere_then() -> None:
    story = written_off()
    decision = story.hear(example("inbound", "payment-canceled"), final=True)
    assert isinstance(decision, Apply)
    assert kinds(decision.facts) == {"PaymentCanceled", "TodoCreated"}
    assert kinds(story.pay(2_000, "PAY-880012")) == {"PaymentRecorded"}
    assert sum(held(story)) == 10_500


def test_the_to_do_of_what_was_left_over_is_closed_by_the_bounce() -> None:
    story = written_off()
    task = only(TodoCreated, story.pay(11_000))
    facts = story.bounce()
    assert only(TodoClosed, facts).todo_id == task.todo_id
    assert held(story) == [9_500, 800, 200]
    only_left_over = story.pay(10_500, "PAY-2") and story.pay(300, "PAY-3")
    assert only(TodoClosed, story.bounce("PAY-3")).todo_id == only(TodoCreated, only_left_over).todo_id


@pytest.mark.parametrize("booked", [False, True], ids=["counted on top", "booked"])
def test_a_payment_of_before_the_write_off_that_bounces_after_it_is_a_difference(booked: bool) -> None:  # noqa: FBT001
    story = Story(paid_before(booked=booked))
    story.ask()
    story.run(10)
    story.pay(2_000)
    story.run_due()
    assert sum(held(story)) == 8_000
    facts = story.bounce()
    assert kinds(facts) == {"PaymentCanceled", "TodoCreated"}
    task = only(TodoCreated, facts)
    assert (task.todo_type, task.amount) == ("CHARGE-AFTER-WRITE-OFF", 2_000)
    assert sum(held(story)) == 8_000


def test_a_snapshot_that_shows_a_payment_and_then_its_bounce_shows_no_charge() -> None:
    story = written_off(paid_before(booked=False))
    paid = paid_before(booked=True)
    assert of(TodoCreated, story.update(msgspec.structs.replace(paid, version=42))) == []
    owed = paid.service_agreements[0]
    bounce = FinancialTransaction(
        ft_id="FT-B",
        kind="adjustment",
        accounting_date=date(2026, 11, 2),
        amount=2_000,
        reverses_ft_id="FT-P",
    )
    back = msgspec.structs.replace(
        owed, balance=10_000, financial_transactions=(*owed.financial_transactions, bounce)
    )
    facts = story.update(msgspec.structs.replace(paid, version=43, service_agreements=(back,)))
    assert of(TodoCreated, facts) == []
    raised = msgspec.structs.replace(back, balance=10_300)
    facts = story.update(msgspec.structs.replace(paid, version=44, service_agreements=(raised,)))
    assert only(TodoCreated, facts).amount == 300


def test_after_a_reversal_the_to_do_of_what_was_left_over_is_closed_too() -> None:
    story = reversed_after((11_000, "PAY-1"))
    assert len(of(TodoClosed, story.bounce(canceled_at="2026-12-02T10:00:00Z"))) == 1
    assert balances(story) == {"SA-55001": 10_500}


def test_only_the_recovery_of_the_payment_is_undone() -> None:
    story = written_off()
    story.pay(2_000)
    story.pay(3_000, "PAY-2")
    assert only(JournalPosted, story.bounce("PAY-2")).journal.payment_id == "PAY-2"
    assert sum(held(story)) == 8_500


# --- debt on a written-off account that is not written off (R15) --------------------------------------------


def cleared_before(*, booked: bool) -> Story:
    """Return a written-off account of whose agreements the first was paid before the process began."""
    known = owing(6_000, 4_000)
    if booked:
        first, second = known.service_agreements
        payment = FinancialTransaction(
            ft_id="FT-P", kind="payment", accounting_date=date(2026, 11, 1), amount=-6_000, payment_id="PAY-1"
        )
        first = msgspec.structs.replace(
            first, balance=0, financial_transactions=(*first.financial_transactions, payment)
        )
        known = msgspec.structs.replace(known, service_agreements=(first, second))
    story = Story(known)
    story.pay(6_000, allocations=[{"sa_id": "SA-1", "amount": "6000"}])
    story.ask()
    story.run_due()
    assert story.standing is not None
    assert story.standing.written_off_agreements == ("SA-2",)
    return story


@pytest.mark.parametrize("booked", [False, True], ids=["counted on top", "booked"])
def test_a_bounce_on_a_written_off_account_that_brings_debt_back_is_a_to_do(booked: bool) -> None:  # noqa: FBT001
    story = cleared_before(booked=booked)
    facts = story.bounce()
    task = only(TodoCreated, facts)
    assert (task.todo_type, task.amount, task.currency) == ("PAYMENT-CHECK", 6_000, "RWF")
    assert task.message == (
        "Not booked by the write-off worker: RWF 6,000. Detail: payment PAY-1 was canceled; owed "
        "again on an account that is written off: SA-1 RWF 6,000."
    )
    assert task.cause.process_id is not None
    assert balances(story) == {"SA-1": 6_000, "SA-2": 0}


def test_a_snapshot_that_shows_the_debt_of_a_bounce_makes_no_second_to_do() -> None:
    story = cleared_before(booked=False)
    story.bounce(canceled_at="2026-11-05T10:00:00Z")
    for version in (42, 43):
        later = msgspec.structs.replace(
            owing(6_000, 4_000), version=version, as_of=AS_OF + timedelta(days=version)
        )
        assert of(TodoCreated, story.update(later)) == []


def test_a_bounce_that_a_snapshot_has_told_of_makes_no_second_to_do() -> None:
    story = cleared_before(booked=False)
    known = msgspec.structs.replace(owing(6_000, 4_000), version=42, as_of=AS_OF + timedelta(days=30))
    assert only(TodoCreated, story.update(known)).amount == 6_000
    assert of(TodoCreated, story.bounce(canceled_at="2026-11-05T10:00:00Z")) == []


def test_a_bounce_that_only_lessens_a_credit_on_a_written_off_account_is_no_to_do() -> None:
    story = written_off(owing(10_000))
    credit = agreement("SA-9", -3_000)
    known = owing(10_000)
    both = (*known.service_agreements, credit)
    story.update(msgspec.structs.replace(known, version=42, service_agreements=both))
    story.pay(500, received_at="2026-11-03T10:00:00Z", allocations=[{"sa_id": "SA-9", "amount": "500"}])
    assert balances(story)["SA-9"] == -3_500
    assert of(TodoCreated, story.bounce(canceled_at="2026-11-04T10:00:00Z")) == []
    assert balances(story)["SA-9"] == -3_000


def test_a_bounce_while_the_process_goes_on_after_its_write_off_is_one_to_do() -> None:
    story = Story(owing(6_000, 4_000))
    story.ask()
    story.run(10)
    story.pay(6_000, allocations=[{"sa_id": "SA-1", "amount": "6000"}])
    while story.standing is None or story.standing.locked_by is None:
        event = story.next_due()
        assert event is not None
        story.run(event.sequence)
    assert story.process is not None
    assert story.process.status == "active"
    task = only(TodoCreated, story.bounce())
    assert (task.todo_type, task.amount) == ("PAYMENT-CHECK", 6_000)


# --- after a reversal ---------------------------------------------------------------------------------------


def reversed_after(*payments: tuple[int, str]) -> Story:
    """Return an account whose write-off was reversed after these payments."""
    story = written_off()
    for amount, payment_id in payments:
        story.pay(amount, payment_id, received_at="2026-11-03T10:00:00Z")
    undo(story.on(date(2026, 12, 1)))
    return story


def undo(story: Story) -> None:
    """Reverse the write-off."""
    assert story.process is not None
    command = example("inbound", "write-off-reversal-requested")
    command["data"]["process_id"] = story.process.process_id
    assert isinstance(story.hear(command), Apply)


def test_after_a_reversal_a_bounce_debits_the_receivable_and_the_balance_rises() -> None:
    story = reversed_after((2_000, "PAY-1"))
    assert balances(story) == {"SA-55001": 8_500}
    facts = story.bounce(canceled_at="2026-12-02T10:00:00Z")
    assert lines(facts) == ["Dr RECEIVABLE 2000", "Cr RECOVERY-CLEARING 2000"]
    recovery = next(
        fact.journal for fact in of(JournalPosted, story.facts) if fact.journal.kind == "recovery"
    )
    journal = only(JournalPosted, facts).journal
    assert (journal.kind, journal.reverses_journal_id) == ("reversal", recovery.journal_id)
    assert balances(story) == {"SA-55001": 10_500}
    assert held(story) == [0, 0, 0]


def test_after_a_reversal_the_balance_rises_by_a_back_dated_recovery_too() -> None:
    story = written_off()
    story.pay(2_000, received_at="2026-05-01T08:00:00Z")
    undo(story)
    assert balances(story) == {"SA-55001": 8_500}
    story.bounce(canceled_at="2026-05-02T08:00:00Z")
    assert balances(story) == {"SA-55001": 10_500}


def test_after_a_reversal_a_snapshot_that_knows_the_bounce_is_not_raised_again() -> None:
    story = reversed_after((2_000, "PAY-1"))
    newer = msgspec.structs.replace(
        account(), version=42, as_of=datetime(2026, 12, 3, 8, 0, tzinfo=UTC), state="defaulted"
    )
    story.update(newer)
    assert balances(story) == {"SA-55001": 10_500}
    facts = story.bounce(canceled_at="2026-12-02T10:00:00Z")
    assert lines(facts) == ["Dr RECEIVABLE 2000", "Cr RECOVERY-CLEARING 2000"]
    assert balances(story) == {"SA-55001": 10_500}


def test_after_a_reversal_a_payment_lessens_the_balance_again() -> None:
    story = reversed_after((2_000, "PAY-1"))
    facts = story.pay(500, "PAY-2", received_at="2026-12-01T10:00:00Z")
    assert of(JournalPosted, facts) == []
    assert balances(story) == {"SA-55001": 8_000}


def test_written_off_again_a_bounce_of_the_old_recovery_is_a_difference_and_no_debt() -> None:
    story = reversed_after((2_000, "PAY-1"))
    story.ask(request_id="WR-2")
    story.run_due()
    assert sum(held(story)) == 8_500
    facts = story.bounce(canceled_at="2026-12-02T10:00:00Z")
    assert lines(facts) == ["Dr RECEIVABLE 2000", "Cr RECOVERY-CLEARING 2000"]
    task = only(TodoCreated, facts)
    assert (task.todo_type, task.amount) == ("CHARGE-AFTER-WRITE-OFF", 2_000)
    assert task.message == (
        "Debt that the write-off does not hold. Detail: payment PAY-1, of which RWF 2,000 had been recovered "
        "before this write-off, was canceled; a journal debits the receivables with it."
    )
    assert balances(story) == {"SA-55001": 0}
    assert lines(story.pay(850, "PAY-2"))[0] == "Dr RECOVERY-CLEARING 850"
    assert sum(held(story)) == 7_650


RECOVERED = (
    "had been recovered before this write-off, was canceled; a journal debits the receivables with it."
)
AGAIN = (
    "owed again on an account that is written off: SA-1 RWF 600; a journal debits the receivables with what "
    "it had recovered."
)


def test_written_off_again_without_it_an_agreement_that_a_bounce_brings_back_says_what_was_booked() -> None:
    story = written_off(owing(6_000, 4_000))
    story.pay(1_000, received_at="2026-11-03T10:00:00Z")
    undo(story.on(date(2026, 12, 1)))
    assert balances(story) == {"SA-1": 5_400, "SA-2": 3_600}
    part = [{"sa_id": "SA-1", "amount": "5400"}]
    story.pay(5_400, "PAY-2", received_at="2026-12-01T10:00:00Z", allocations=part)
    story.ask(request_id="WR-2")
    story.run_due()
    assert sum(held(story)) == 3_600
    facts = story.bounce(canceled_at="2026-12-02T10:00:00Z")
    assert lines(facts)[-1] == "Cr RECOVERY-CLEARING 1000"
    assert balances(story) == {"SA-1": 600, "SA-2": 0}
    told = {task.amount: (task.todo_type, task.message) for task in of(TodoCreated, facts)}
    frame = "Debt that the write-off does not hold. Detail: payment PAY-1"
    assert told == {
        400: (
            "CHARGE-AFTER-WRITE-OFF",
            f"{frame}, of which RWF 400 {RECOVERED}",
        ),
        600: (
            "CHARGE-AFTER-WRITE-OFF",
            f"{frame} was canceled; {AGAIN}",
        ),
    }


def test_policy_says_what_recoveries_credit() -> None:
    story = written_off()
    rules: dict[str, Any] = {"recovery_credit": "allowance", "recovery_credit_code": "SMALL-BALANCE-EXPENSE"}
    story.policy = msgspec.structs.replace(shipped("RW"), **rules)
    assert lines(story.pay(2_000))[1] == "Cr SMALL-BALANCE-EXPENSE 1810"
