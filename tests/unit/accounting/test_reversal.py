"""What undoes a write-off, as an accountant would post it (R25)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.accounting.book import CHART, by_code, debt, journal, ledger, rows
from writeoff.accounting.recovery import after_movements, put_back, recover
from writeoff.accounting.reversal import Undone, undo
from writeoff.accounting.write_off import Debt, Written
from writeoff.journal import Bucket, JournalLine, Movement, Posted
from writeoff.policy.model import Policy, RecoveryCredit

#: The contract's account, 10,500 = 9,000 + 800 + 200 + 500, as a table of its two bills.
BILLS = """
    FT-9001 2026-03-01 RECEIVABLE 10000 = REVENUE 9000 + VAT-PAYABLE 800 + CITY-TAX-PAYABLE 200
    FT-9002 2026-04-01 RECEIVABLE 500 = REVENUE 500
"""
DECEMBER = date(2026, 12, 1)


class Story:
    """A write-off and what came after it."""

    def __init__(self, written: Written, policy: Policy = CHART, disposition: str = "write_off") -> None:
        self.policy = policy
        self.disposition = disposition
        self.written = Posted(
            journal_id="journal-1", event_sequence=30, fulfilment_centre="Musanze", lines=written.lines
        )
        self.buckets: Sequence[Bucket] = written.buckets
        self.movements: list[Movement] = []
        self.recoveries: list[tuple[JournalLine, ...]] = []

    def pay(self, amount: int) -> Sequence[Movement]:
        recovered = recover(
            amount,
            self.buckets,
            self.policy,
            self.disposition,  # type: ignore[arg-type]
            date(2026, 11, 20),
        )
        self.recoveries.append(recovered.lines)
        self.move(recovered.movements)
        return recovered.movements

    def bounce(self, movements: Sequence[Movement]) -> None:
        self.move(put_back(movements))

    def claim(self) -> None:
        self.buckets = [
            msgspec.structs.replace(each, claimed=each.held) if each.treatment == "pending-claim" else each
            for each in self.buckets
        ]

    def move(self, movements: Iterable[Movement]) -> None:
        moved = tuple(movements)
        self.movements += moved
        self.buckets = after_movements(self.buckets, moved)

    def undo(self) -> Undone:
        return undo(self.policy, self.written, self.buckets, self.movements, DECEMBER)


def written_off(*debts: Debt, policy: Policy = CHART) -> Story:
    outcome = by_code(*debts, policy=policy)
    assert isinstance(outcome, Written), outcome
    return Story(outcome, policy)


def recovering(credit: RecoveryCredit, code: str) -> Policy:
    return msgspec.structs.replace(CHART, recovery_credit=credit, recovery_credit_code=code)


def test_what_was_never_paid_moves_back_as_it_came() -> None:
    story = written_off(debt(BILLS, 10_500))
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 10500 SA-1
        Cr 6150 WRITE-OFF-EXPENSE 9500 write-off-expense: - REVENUE 9500
        Cr 2210 VAT-PAYABLE 800 write-off-liability: - VAT-PAYABLE 800
        Cr 2220 CITY-TAX-PAYABLE 200 write-off-liability: - CITY-TAX-PAYABLE 200
    """)


def test_after_a_recovery_only_what_the_buckets_hold_moves_back() -> None:
    story = written_off(debt(BILLS, 10_500))
    story.pay(2_000)
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 8500 SA-1
        Cr 6150 WRITE-OFF-EXPENSE 7690 write-off-expense: - REVENUE 7690
        Cr 2210 VAT-PAYABLE 648 write-off-liability: - VAT-PAYABLE 648
        Cr 2220 CITY-TAX-PAYABLE 162 write-off-liability: - CITY-TAX-PAYABLE 162
    """)


def test_a_recovery_that_was_income_is_moved_to_the_expense_that_it_had_been() -> None:
    """Otherwise the expense of 1,810 and the income of 1,810 would both stay, of a write-off that is none."""
    story = written_off(debt(BILLS, 10_500), policy=recovering("recovery-income", "SUBSIDY"))
    story.pay(2_000)
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 8500 SA-1
        Dr 4800 SUBSIDY 1810 write-off-expense: - REVENUE 1810
        Cr 6150 WRITE-OFF-EXPENSE 9500 write-off-expense: - REVENUE 9500
        Cr 2210 VAT-PAYABLE 648 write-off-liability: - VAT-PAYABLE 648
        Cr 2220 CITY-TAX-PAYABLE 162 write-off-liability: - CITY-TAX-PAYABLE 162
    """)


def test_a_bounced_recovery_is_as_if_it_had_never_been() -> None:
    story = written_off(debt(BILLS, 10_500), policy=recovering("recovery-income", "SUBSIDY"))
    story.bounce(story.pay(2_000))
    fresh = written_off(debt(BILLS, 10_500))
    assert story.undo().lines == fresh.undo().lines


def test_with_everything_recovered_there_is_nothing_left_to_move() -> None:
    story = written_off(debt(BILLS, 10_500))
    story.pay(10_500)
    assert story.undo() == Undone(lines=(), movements=())


def test_with_everything_recovered_as_income_the_pair_of_lines_is_left() -> None:
    story = written_off(debt(BILLS, 10_500), policy=recovering("recovery-income", "SUBSIDY"))
    story.pay(10_500)
    assert journal(story.undo().lines) == rows("""
        Dr 4800 SUBSIDY 9500 write-off-expense: - REVENUE 9500
        Cr 6150 WRITE-OFF-EXPENSE 9500 write-off-expense: - REVENUE 9500
    """)


def test_goods_that_came_back_go_back_to_the_customer() -> None:
    """The repossession is undone as a whole: the stock gives the goods up, the customer owes all again."""
    story = written_off(debt(BILLS, 10_500, 4_000))
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 10500 SA-1
        Cr 1450 REPOSSESSED-INVENTORY 4000 SA-1
        Cr 6150 WRITE-OFF-EXPENSE 5900 write-off-expense: - REVENUE 5900
        Cr 2210 VAT-PAYABLE 480 write-off-liability: - VAT-PAYABLE 480
        Cr 2220 CITY-TAX-PAYABLE 120 write-off-liability: - CITY-TAX-PAYABLE 120
    """)


def test_goods_worth_the_whole_debt_leave_the_stock_alone() -> None:
    story = written_off(debt(BILLS, 10_500, 10_500))
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 10500 SA-1
        Cr 1450 REPOSSESSED-INVENTORY 10500 SA-1
    """)


def test_an_opt_out_moves_back_from_the_loss_it_was() -> None:
    written = ledger().by_sa_type([debt(BILLS, 10_500, 500)], "contract-termination")
    story = Story(written, recovering("recovery-income", "SUBSIDY"), "opt_out")
    story.pay(1_000)
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 9500 SA-1
        Cr 1450 REPOSSESSED-INVENTORY 500 SA-1
        Cr 6160 CONTRACT-TERMINATION-LOSS 9000 contract-termination: - CONTRACT-TERMINATION-LOSS 9000
    """)


def test_two_receivables_of_an_agreement_share_what_is_left_as_they_shared_the_debt() -> None:
    bill = "FT-1 2026-05-01 RECEIVABLE 900 + RECEIVABLE-FEES 100 = REVENUE 900 + LATE-FEE 100"
    story = written_off(debt(bill, 1_000))
    story.pay(500)
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 450 SA-1
        Dr 1210 RECEIVABLE-FEES 50 SA-1
        Cr 6150 WRITE-OFF-EXPENSE 500 write-off-expense: - REVENUE 450 + - LATE-FEE 50
    """)


def test_two_agreements_owe_again_what_is_held_from_each() -> None:
    story = written_off(
        debt("FT-1 2026-05-01 RECEIVABLE 600 = REVENUE 600", 600, sa_id="SA-1"),
        debt("FT-2 2026-05-01 RECEIVABLE 400 = REVENUE 300 + VAT-PAYABLE 100", 400, sa_id="SA-2"),
    )
    story.pay(100)
    assert journal(story.undo().lines, agreements=2) == rows("""
        Dr 1200 RECEIVABLE 540 SA-1
        Dr 1200 RECEIVABLE 360 SA-2
        Cr 6150 WRITE-OFF-EXPENSE 810 write-off-expense: SA-1/- REVENUE 540 + SA-2/- REVENUE 270
        Cr 2210 VAT-PAYABLE 90 write-off-liability: SA-2/- VAT-PAYABLE 90
    """)


def test_what_was_charged_off_earlier_moves_back_to_where_it_was() -> None:
    story = written_off(debt(BILLS, 10_500, charged_off=(3_000, "6190")))
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 10500 SA-1
        Cr 6190 WRITE-OFF-EXPENSE 3000 write-off-expense: - REVENUE 3000
        Cr 6150 WRITE-OFF-EXPENSE 6500 write-off-expense: - REVENUE 6500
        Cr 2210 VAT-PAYABLE 800 write-off-liability: - VAT-PAYABLE 800
        Cr 2220 CITY-TAX-PAYABLE 200 write-off-liability: - CITY-TAX-PAYABLE 200
    """)


CLAIMABLE = "FT-1 2024-02-29 RECEIVABLE 1160 = REVENUE 1000 + CLAIMABLE-VAT 160"


def test_relief_that_was_not_claimed_is_given_up_with_its_dates() -> None:
    story = written_off(debt(CLAIMABLE, 1_160))
    assert journal(story.undo().lines) == rows("""
        Dr 1200 RECEIVABLE 1160 SA-1
        Cr 6150 WRITE-OFF-EXPENSE 1000 write-off-expense: - REVENUE 1000
        Cr 1308 CLAIMABLE-VAT 160 write-off-liability [2027-02-28 2034-02-28]: - CLAIMABLE-VAT 160
    """)


def test_relief_that_was_claimed_is_owed_to_the_tax_office_again() -> None:
    story = written_off(debt(CLAIMABLE, 1_160))
    story.claim()
    undone = story.undo()
    assert journal(undone.lines) == rows("""
        Dr 1200 RECEIVABLE 1160 SA-1
        Cr 6150 WRITE-OFF-EXPENSE 1000 write-off-expense: - REVENUE 1000
        Cr 2215 CLAIMABLE-VAT 160 write-off-liability [repay by 2027-01-30]: - CLAIMABLE-VAT 160
    """)
    assert [line.repay_by for line in undone.lines] == [None, None, date(2027, 1, 30)]


AMOUNTS = st.integers(min_value=1, max_value=4_000)


@given(
    payments=st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=6),
    goods=st.integers(min_value=0, max_value=10_500),
    owed=st.integers(min_value=1, max_value=10_500),
    policy=st.sampled_from(
        [CHART, recovering("recovery-income", "SUBSIDY"), recovering("allowance", "ALLOWANCE")]
    ),
)
def test_write_off_recoveries_and_reversal_leave_the_payments_alone(
    payments: Sequence[tuple[int, bool]], goods: int, owed: int, policy: Policy
) -> None:
    """Whatever was paid, bounced or returned: in the end, every account is as if nothing but what was paid
    and held had been posted against the receivable."""
    story = written_off(debt(BILLS, owed, min(goods, owed)), policy=policy)
    kept = 0
    books: Counter[str] = Counter()
    _post(books, story.written.lines)
    for amount, bounces in payments:
        before = sum(bucket.held for bucket in story.buckets)
        movements = story.pay(amount)
        if bounces:
            story.bounce(movements)
        else:
            _post(books, story.recoveries[-1])
            kept += before - sum(bucket.held for bucket in story.buckets)
    undone = story.undo()
    _post(books, undone.lines)
    assert sum(books.values()) == 0
    assert {account: amount for account, amount in books.items() if amount} == (
        {"1200": -kept, "1090": kept} if kept else {}
    )
    story.move(undone.movements)
    assert all(bucket.held == 0 for bucket in story.buckets)
    assert all(line.amount > 0 for line in undone.lines)


def _post(books: Counter[str], lines: Iterable[JournalLine]) -> None:
    for line in lines:
        books[line.gl_account] += line.amount if line.side == "debit" else -line.amount


@pytest.mark.parametrize("side", ["debit", "credit"])
def test_debits_and_credits_are_each_one_line_a_place(side: str) -> None:
    story = written_off(debt(BILLS, 10_500), policy=recovering("recovery-income", "SUBSIDY"))
    story.pay(1_000)
    story.pay(1_000)
    places = [
        (line.gl_account, line.distribution_code, line.sa_id)
        for line in story.undo().lines
        if line.side == side
    ]
    assert len(places) == len(set(places))
