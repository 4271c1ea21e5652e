"""Payments after a write-off: what a payment of so much posts, as tables of lines (R24)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.accounting.book import CHART, by_code, debt, journal, ledger, rows
from writeoff.accounting.recovery import Recovered, after_movements, mirrored, put_back, recover
from writeoff.accounting.write_off import Debt, Written
from writeoff.journal import Bucket, JournalLine
from writeoff.policy.model import Policy
from writeoff.process import Disposition

#: The contract's account: 10,500 = revenue 9,500 + VAT 800 + city tax 200.
CONTRACT = """
    FT-9001  2026-05-01  RECEIVABLE 10000 = REVENUE 9000 + VAT-PAYABLE 800 + CITY-TAX-PAYABLE 200
    FT-9002  2026-06-01  RECEIVABLE 500 = REVENUE 500
"""
#: Two bills with a tax whose relief can be claimed by the date of each.
CLAIMABLE = """
    FT-1  2026-05-01  RECEIVABLE 1100 = REVENUE 1000 + CLAIMABLE-VAT 100
    FT-2  2026-07-15  RECEIVABLE 2200 = REVENUE 2000 + CLAIMABLE-VAT 200
"""
RECEIVED = date(2026, 11, 20)


class Ledger:
    """What is held of a write-off, payment by payment."""

    def __init__(self, *debts: Debt, policy: Policy = CHART, disposition: Disposition = "write_off") -> None:
        written = by_code(*debts, policy=policy)
        assert isinstance(written, Written), written
        self.written_off = sum(bucket.held for bucket in written.buckets)
        self.buckets: tuple[Bucket, ...] = written.buckets
        self.policy, self.disposition = policy, disposition

    def pay(self, amount: int) -> Recovered:
        recovered = recover(amount, self.buckets, self.policy, self.disposition, RECEIVED)
        self.buckets = after_movements(self.buckets, recovered.movements)
        return recovered

    def bounce(self, recovered: Recovered) -> tuple[JournalLine, ...]:
        self.buckets = after_movements(self.buckets, put_back(recovered.movements))
        return mirrored(recovered.lines)

    def claim(self, *codes: str) -> None:
        self.buckets = tuple(
            msgspec.structs.replace(each, claimed=each.held) if each.distribution_code in codes else each
            for each in self.buckets
        )

    @property
    def held(self) -> list[int]:
        return [bucket.held for bucket in self.buckets]


def posted(recovered: Recovered, agreements: int = 1) -> list[str]:
    return journal(recovered.lines, agreements=agreements)


def policy(**changes: Any) -> Policy:
    """Return the chart with other rules for recoveries."""
    return msgspec.structs.replace(CHART, **changes)


# --- the worked case --------------------------------------------------------------------------------------


def test_a_payment_is_split_over_everything_that_was_written_off() -> None:
    book = Ledger(debt(CONTRACT, 10_500))
    assert posted(book.pay(2_000)) == rows("""
        Dr 1090 RECOVERY-CLEARING 2000 -
        Cr 6150 WRITE-OFF-EXPENSE 1810 write-off-expense:   - REVENUE 1810
        Cr 2210 VAT-PAYABLE       152  write-off-liability: - VAT-PAYABLE 152
        Cr 2220 CITY-TAX-PAYABLE  38   write-off-liability: - CITY-TAX-PAYABLE 38
    """)
    assert book.held == [7_690, 648, 162]


def test_the_next_payment_is_split_by_what_is_still_held_and_the_last_unit_goes_by_the_remainder() -> None:
    book = Ledger(debt(CONTRACT, 10_500))
    book.pay(2_000)
    assert posted(book.pay(1_001)) == rows("""
        Dr 1090 RECOVERY-CLEARING 1001 -
        Cr 6150 WRITE-OFF-EXPENSE 906 write-off-expense:   - REVENUE 906
        Cr 2210 VAT-PAYABLE       76  write-off-liability: - VAT-PAYABLE 76
        Cr 2220 CITY-TAX-PAYABLE  19  write-off-liability: - CITY-TAX-PAYABLE 19
    """)


def test_the_last_payment_takes_all_that_is_held_and_no_more() -> None:
    book = Ledger(debt(CONTRACT, 10_500))
    book.pay(9_999)
    last = book.pay(2_000)
    assert posted(last) == rows("""
        Dr 1090 RECOVERY-CLEARING 501 -
        Cr 6150 WRITE-OFF-EXPENSE 453 write-off-expense:   - REVENUE 453
        Cr 2210 VAT-PAYABLE       38  write-off-liability: - VAT-PAYABLE 38
        Cr 2220 CITY-TAX-PAYABLE  10  write-off-liability: - CITY-TAX-PAYABLE 10
    """)
    assert (last.amount, last.left_over) == (501, 1_499)
    assert book.held == [0, 0, 0]


def test_with_nothing_left_there_is_no_journal() -> None:
    book = Ledger(debt(CONTRACT, 10_500))
    book.pay(10_500)
    nothing = book.pay(700)
    assert (nothing.lines, nothing.movements, nothing.left_over) == ((), (), 700)


def test_a_single_unit_goes_to_the_largest_bucket() -> None:
    assert posted(Ledger(debt(CONTRACT, 10_500)).pay(1)) == rows("""
        Dr 1090 RECOVERY-CLEARING 1 -
        Cr 6150 WRITE-OFF-EXPENSE 1 write-off-expense: - REVENUE 1
    """)


def test_equal_remainders_go_by_the_code() -> None:
    book = Ledger(debt("FT-1 2026-05-01 RECEIVABLE 20 = VAT-PAYABLE 10 + CITY-TAX-PAYABLE 10", 20))
    assert posted(book.pay(1)) == rows("""
        Dr 1090 RECOVERY-CLEARING 1 -
        Cr 2220 CITY-TAX-PAYABLE  1 write-off-liability: - CITY-TAX-PAYABLE 1
    """)


def test_several_agreements_share_the_lines_and_keep_their_sources() -> None:
    other = debt("FT-7 2026-05-01 RECEIVABLE 3500 = REVENUE 3500", 3_500, sa_id="SA-2")
    book = Ledger(debt(CONTRACT, 10_500), other)
    recovered = book.pay(1_400)
    assert posted(recovered, agreements=2) == rows("""
        Dr 1090 RECOVERY-CLEARING 1400 -
        Cr 6150 WRITE-OFF-EXPENSE 1300 write-off-expense: SA-1/- REVENUE 950 + SA-2/- REVENUE 350
        Cr 2210 VAT-PAYABLE       80 write-off-liability: SA-1/- VAT-PAYABLE 80
        Cr 2220 CITY-TAX-PAYABLE  20 write-off-liability: SA-1/- CITY-TAX-PAYABLE 20
    """)
    assert recovered.by_agreement == {"SA-1": 1_050, "SA-2": 350}


# --- what is credited -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("credit", "code", "gl_account"), [
    ("recovery-income", "RECOVERY-INCOME", "4900"),
    ("allowance", "ALLOWANCE", "1190"),
])  # fmt: skip
def test_policy_may_credit_income_or_the_allowance_and_taxes_stay_taxes(
    credit: str, code: str, gl_account: str
) -> None:
    income = msgspec.structs.replace(
        CHART.distribution_codes["ALLOWANCE"], code="RECOVERY-INCOME", gl_account="4900"
    )
    rules = policy(
        recovery_credit=credit,
        recovery_credit_code=code,
        distribution_codes={**CHART.distribution_codes, "RECOVERY-INCOME": income},
    )
    recovered = Ledger(debt(CONTRACT, 10_500), policy=rules).pay(2_000)
    assert posted(recovered) == rows(f"""
        Dr 1090 RECOVERY-CLEARING 2000 -
        Cr {gl_account} {code}    1810 write-off-expense:   - REVENUE 1810
        Cr 2210 VAT-PAYABLE       152  write-off-liability: - VAT-PAYABLE 152
        Cr 2220 CITY-TAX-PAYABLE  38   write-off-liability: - CITY-TAX-PAYABLE 38
    """)


def test_after_an_opt_out_the_loss_is_credited_whatever_policy_says_of_expense() -> None:
    rules = policy(recovery_credit="allowance", recovery_credit_code="ALLOWANCE")
    written = ledger(rules).by_sa_type([debt(CONTRACT, 10_500)], "contract-termination")
    recovered = recover(2_000, written.buckets, rules, "opt_out", RECEIVED)
    assert posted(recovered) == rows("""
        Dr 1090 RECOVERY-CLEARING         2000 -
        Cr 6160 CONTRACT-TERMINATION-LOSS 2000 contract-termination:
            - CONTRACT-TERMINATION-LOSS 2000
    """)


def test_what_had_been_charged_off_earlier_is_recovered_to_its_own_account() -> None:
    book = Ledger(debt(CONTRACT, 10_500, charged_off=(1_900, "1195")))
    assert posted(book.pay(2_100)) == rows("""
        Dr 1090 RECOVERY-CLEARING 2100 -
        Cr 1195 WRITE-OFF-EXPENSE 380  write-off-expense:   - REVENUE 380
        Cr 6150 WRITE-OFF-EXPENSE 1520 write-off-expense:   - REVENUE 1520
        Cr 2210 VAT-PAYABLE       160  write-off-liability: - VAT-PAYABLE 160
        Cr 2220 CITY-TAX-PAYABLE  40   write-off-liability: - CITY-TAX-PAYABLE 40
    """)


def test_a_liability_treated_as_expense_is_credited_as_expense() -> None:
    bill = "FT-1 2026-05-01 RECEIVABLE 1000 = REVENUE 800 + INSURANCE-PAYABLE 200"
    assert posted(Ledger(debt(bill, 1_000)).pay(500)) == rows("""
        Dr 1090 RECOVERY-CLEARING 500 -
        Cr 6150 WRITE-OFF-EXPENSE 400 write-off-expense:   - REVENUE 400
        Cr 6150 WRITE-OFF-EXPENSE 100 write-off-liability: - INSURANCE-PAYABLE 100
    """)


# --- relief that is to be claimed -------------------------------------------------------------------------


def test_until_the_claim_the_relief_that_is_pending_is_credited_one_line_for_each_date() -> None:
    assert posted(Ledger(debt(CLAIMABLE, 3_300)).pay(330)) == rows("""
        Dr 1090 RECOVERY-CLEARING 330 -
        Cr 6150 WRITE-OFF-EXPENSE 300 write-off-expense:                           - REVENUE 300
        Cr 1308 CLAIMABLE-VAT     20 write-off-liability [2029-07-15 2036-07-15]: - CLAIMABLE-VAT 20
        Cr 1308 CLAIMABLE-VAT     10 write-off-liability [2029-05-01 2036-05-01]: - CLAIMABLE-VAT 10
    """)


def test_after_the_claim_the_tax_is_owed_again_and_must_be_repaid_within_sixty_days() -> None:
    book = Ledger(debt(CLAIMABLE, 3_300))
    book.claim("CLAIMABLE-VAT")
    assert posted(book.pay(330)) == rows("""
        Dr 1090 RECOVERY-CLEARING 330 -
        Cr 6150 WRITE-OFF-EXPENSE 300 write-off-expense:                        - REVENUE 300
        Cr 2215 CLAIMABLE-VAT     30 write-off-liability [repay by 2027-01-19]: - CLAIMABLE-VAT 30
    """)


def test_what_came_back_to_relief_by_a_bounce_was_never_claimed_and_is_credited_there_first() -> None:
    book = Ledger(debt(CLAIMABLE, 3_300))
    early = book.pay(330)
    book.claim("CLAIMABLE-VAT")
    assert journal(book.bounce(early)) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 300 write-off-expense:                           - REVENUE 300
        Dr 1308 CLAIMABLE-VAT     20 write-off-liability [2029-07-15 2036-07-15]: - CLAIMABLE-VAT 20
        Dr 1308 CLAIMABLE-VAT     10 write-off-liability [2029-05-01 2036-05-01]: - CLAIMABLE-VAT 10
        Cr 1090 RECOVERY-CLEARING 330 -
    """)
    assert posted(book.pay(660)) == rows("""
        Dr 1090 RECOVERY-CLEARING 660 -
        Cr 6150 WRITE-OFF-EXPENSE 600 write-off-expense:                           - REVENUE 600
        Cr 1308 CLAIMABLE-VAT     20 write-off-liability [2029-07-15 2036-07-15]: - CLAIMABLE-VAT 20
        Cr 2215 CLAIMABLE-VAT     30 write-off-liability [repay by 2027-01-19]:   - CLAIMABLE-VAT 30
        Cr 1308 CLAIMABLE-VAT     10 write-off-liability [2029-05-01 2036-05-01]: - CLAIMABLE-VAT 10
    """)


# --- payments that do not hold ----------------------------------------------------------------------------


def test_a_bounce_turns_every_line_round_and_fills_the_buckets_again() -> None:
    book = Ledger(debt(CONTRACT, 10_500))
    recovered = book.pay(2_000)
    book.pay(500)
    assert journal(book.bounce(recovered)) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 1810 write-off-expense:   - REVENUE 1810
        Dr 2210 VAT-PAYABLE       152  write-off-liability: - VAT-PAYABLE 152
        Dr 2220 CITY-TAX-PAYABLE  38   write-off-liability: - CITY-TAX-PAYABLE 38
        Cr 1090 RECOVERY-CLEARING 2000 -
    """)
    assert sum(book.held) == 10_000


# --- any sequence -----------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.sampled_from(["pay", "bounce", "claim"]), st.integers(1, 15_000)), max_size=30)


@given(
    steps=STEPS,
    bills=st.sampled_from([CONTRACT, CLAIMABLE]),
    charged_off=st.sampled_from([None, (700, "1195")]),
    credit=st.sampled_from([None, "ALLOWANCE"]),
)
def test_whatever_comes_and_goes_held_and_recovered_are_what_was_written_off(
    steps: list[tuple[str, int]], bills: str, charged_off: tuple[int, str] | None, credit: str | None
) -> None:
    rules = policy(recovery_credit="allowance", recovery_credit_code=credit) if credit else CHART
    total = 10_500 if bills == CONTRACT else 3_300
    book = Ledger(debt(bills, total, charged_off=charged_off), policy=rules)
    standing: list[Recovered] = []
    for step, amount in steps:
        match step:
            case "pay":
                standing.append(paid := book.pay(amount))
                assert paid.amount + paid.left_over == amount
                assert balanced(paid.lines)
            case "bounce" if standing:
                assert balanced(book.bounce(standing.pop(amount % len(standing))))
            case "claim":
                book.claim("CLAIMABLE-VAT")
        assert all(0 <= each.claimed <= each.held <= each.written_off for each in book.buckets)
        assert sum(book.held) + sum(each.amount for each in standing) == total


def balanced(lines: Sequence[JournalLine]) -> bool:
    debits = sum(line.amount for line in lines if line.side == "debit")
    return debits == sum(line.amount for line in lines if line.side == "credit") and all(
        line.amount > 0 for line in lines
    )


@given(st.integers(1, 10_499), st.integers(1, 10_499))
def test_no_bucket_is_ahead_of_the_others_by_a_unit_or_more(first: int, second: int) -> None:
    """Largest remainder: each part is within one unit of its share (R17)."""
    book = Ledger(debt(CONTRACT, 10_500))
    for amount in (first, second):
        before, held = book.buckets, sum(book.held)
        taken = book.pay(amount).amount
        for bucket, after in zip(before, book.buckets, strict=True):
            share = taken * bucket.held
            assert abs((bucket.held - after.held) * held - share) < held or not taken
