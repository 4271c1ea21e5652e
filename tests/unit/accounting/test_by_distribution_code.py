"""A write-off by distribution code: what is taken, and where each piece goes (R18, R19, R20)."""

import pytest

from tests.unit.accounting.book import CHART, by_code, debt, held, journal, posted, reason, rows
from writeoff.accounting.open_items import TakingOrder

#: CC&B's own example: a bill with two taxes, then a late charge.
WORKED = """
    FT-1  2026-05-01  RECEIVABLE 1000 = REVENUE 900 + VAT-PAYABLE 80 + CITY-TAX-PAYABLE 20
    FT-2  2026-06-01  RECEIVABLE 50 = REVENUE 50
"""
#: Three bills, the newest first by date and then by the id as text: FT-3, FT-2, FT-10.
THREE = """
    FT-10  2026-05-01  RECEIVABLE 110 = REVENUE 100 + VAT-PAYABLE 10
    FT-2   2026-05-01  RECEIVABLE 220 = REVENUE 200 + VAT-PAYABLE 20
    FT-3   2026-06-01  RECEIVABLE 330 = REVENUE 300 + VAT-PAYABLE 30
"""


def write_off(transactions: str, balance: int, order: TakingOrder = "lifo") -> list[str]:
    return journal(posted(by_code(debt(transactions, balance), order=order)))


# --- R20: the worked cases ----------------------------------------------------------------------------------


def test_the_whole_debt_of_the_worked_case_goes_back_to_where_it_came_from() -> None:
    assert write_off(WORKED, 1050) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 950 write-off-expense:   FT-2 REVENUE 50 + FT-1 REVENUE 900
        Dr 2210 VAT-PAYABLE       80  write-off-liability: FT-1 VAT-PAYABLE 80
        Dr 2220 CITY-TAX-PAYABLE  20  write-off-liability: FT-1 CITY-TAX-PAYABLE 20
        Cr 1200 RECEIVABLE        1050 SA-1: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 1000
    """)


def test_after_a_payment_the_late_charge_is_taken_whole_and_the_bill_scaled() -> None:
    paid = WORKED + "FT-3 2026-06-15 RECEIVABLE -100 = CASH -100"
    assert write_off(paid, 950) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 860 write-off-expense:   FT-2 REVENUE 50 + FT-1 REVENUE 810
        Dr 2210 VAT-PAYABLE       72  write-off-liability: FT-1 VAT-PAYABLE 72
        Dr 2220 CITY-TAX-PAYABLE  18  write-off-liability: FT-1 CITY-TAX-PAYABLE 18
        Cr 1200 RECEIVABLE        950 SA-1: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 900
    """)


def test_the_write_off_agreements_hold_what_was_written_off_by_code() -> None:
    assert held(by_code(debt(WORKED, 1050))) == rows("""
        SA-1 write-off-expense   REVENUE          - 6150 expense     950
        SA-1 write-off-liability VAT-PAYABLE      - 2210 reverse-now 80
        SA-1 write-off-liability CITY-TAX-PAYABLE - 2220 reverse-now 20
    """)


# --- R18: which transactions, and how much of each ----------------------------------------------------------


def test_the_newest_are_taken_first_by_date_and_then_by_the_id_as_text() -> None:
    assert write_off(THREE, 560) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 509 write-off-expense: FT-3 REVENUE 300 + FT-2 REVENUE 200 + FT-10 REVENUE 9
        Dr 2210 VAT-PAYABLE       51 write-off-liability:
            FT-3 VAT-PAYABLE 30 + FT-2 VAT-PAYABLE 20 + FT-10 VAT-PAYABLE 1
        Cr 1200 RECEIVABLE        560 SA-1: FT-3 RECEIVABLE 330 + FT-2 RECEIVABLE 220 + FT-10 RECEIVABLE 10
    """)


def test_fifo_takes_the_oldest_first_and_scales_the_last_it_needs() -> None:
    assert write_off(THREE, 220, "fifo") == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 200 write-off-expense:   FT-10 REVENUE 100 + FT-2 REVENUE 100
        Dr 2210 VAT-PAYABLE       20  write-off-liability: FT-10 VAT-PAYABLE 10 + FT-2 VAT-PAYABLE 10
        Cr 1200 RECEIVABLE        220 SA-1:                FT-10 RECEIVABLE 110 + FT-2 RECEIVABLE 110
    """)


def test_proportional_takes_all_of_them_scaled() -> None:
    assert write_off(THREE, 330, "proportional") == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 300 write-off-expense:
            FT-3 REVENUE 150 + FT-2 REVENUE 100 + FT-10 REVENUE 50
        Dr 2210 VAT-PAYABLE       30 write-off-liability:
            FT-3 VAT-PAYABLE 15 + FT-2 VAT-PAYABLE 10 + FT-10 VAT-PAYABLE 5
        Cr 1200 RECEIVABLE        330 SA-1: FT-3 RECEIVABLE 165 + FT-2 RECEIVABLE 110 + FT-10 RECEIVABLE 55
    """)


def test_what_is_exactly_covered_needs_no_further_transaction() -> None:
    assert write_off(THREE, 330)[-1] == "Cr 1200 RECEIVABLE 330 SA-1: FT-3 RECEIVABLE 330"


@pytest.mark.parametrize("order", ["lifo", "fifo", "proportional"])
def test_a_scaled_transaction_loses_no_unit_and_a_piece_of_nothing_is_no_source(order: TakingOrder) -> None:
    bill = "FT-1 2026-05-01 RECEIVABLE 3000 = REVENUE 2997 + VAT-PAYABLE 2 + CITY-TAX-PAYABLE 1"
    assert write_off(bill, 1000, order) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 999 write-off-expense:   FT-1 REVENUE 999
        Dr 2210 VAT-PAYABLE       1   write-off-liability: FT-1 VAT-PAYABLE 1
        Cr 1200 RECEIVABLE        1000 SA-1:               FT-1 RECEIVABLE 1000
    """)


def test_a_tie_goes_to_the_larger_piece_and_then_to_the_code() -> None:
    halves = "FT-1 2026-05-01 RECEIVABLE 4 = REVENUE 1 + LATE-FEE 3"
    assert write_off(halves, 2)[0] == "Dr 6150 WRITE-OFF-EXPENSE 2 write-off-expense: FT-1 LATE-FEE 2"
    equals = "FT-1 2026-05-01 RECEIVABLE 2 = VAT-PAYABLE 1 + CITY-TAX-PAYABLE 1"
    assert write_off(equals, 1)[0] == (
        "Dr 2220 CITY-TAX-PAYABLE 1 write-off-liability: FT-1 CITY-TAX-PAYABLE 1"
    )


def test_a_tie_among_all_goes_to_the_transaction_whose_id_is_first() -> None:
    equals = """
        FT-2  2026-05-01  RECEIVABLE 1 = REVENUE 1
        FT-10 2026-05-01  RECEIVABLE 1 = REVENUE 1
    """
    assert write_off(equals, 1, "proportional") == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 1 write-off-expense: FT-10 REVENUE 1
        Cr 1200 RECEIVABLE        1 SA-1: FT-10 RECEIVABLE 1
    """)


def test_a_credit_note_first_reduces_the_transaction_it_names_code_by_code() -> None:
    corrected = WORKED + "FT-3 2026-06-10 RECEIVABLE -120 = REVENUE -100 + VAT-PAYABLE -20 ; reverses FT-1"
    assert write_off(corrected, 930) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 850 write-off-expense:   FT-2 REVENUE 50 + FT-1 REVENUE 800
        Dr 2210 VAT-PAYABLE       60  write-off-liability: FT-1 VAT-PAYABLE 60
        Dr 2220 CITY-TAX-PAYABLE  20  write-off-liability: FT-1 CITY-TAX-PAYABLE 20
        Cr 1200 RECEIVABLE        930 SA-1: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 880
    """)


def test_a_transaction_that_is_credited_whole_is_not_taken() -> None:
    corrected = WORKED + "FT-3 2026-06-10 RECEIVABLE -50 = REVENUE -50 ; reverses FT-2"
    assert write_off(corrected, 1000)[-1] == "Cr 1200 RECEIVABLE 1000 SA-1: FT-1 RECEIVABLE 1000"


def test_a_credit_note_that_is_canceled_reduces_nothing() -> None:
    corrected = WORKED + "FT-3 2026-06-10 RECEIVABLE -50 = REVENUE -50 ; reverses FT-2, canceled"
    assert write_off(corrected, 1050) == write_off(WORKED, 1050)


def test_payments_and_credits_that_name_no_transaction_are_left_out() -> None:
    credited = (
        WORKED
        + """
        FT-3 2026-06-10 RECEIVABLE -30 = REVENUE -30
        FT-4 2026-06-11 RECEIVABLE -70 = CASH -70
        FT-5 2026-06-12 RECEIVABLE -5 = REVENUE -5 ; reverses FT-77
    """
    )
    assert write_off(credited, 950) == write_off(WORKED, 950)


@pytest.mark.parametrize("order", ["lifo", "fifo", "proportional"])
def test_a_canceled_transaction_is_not_taken(order: TakingOrder) -> None:
    canceled = WORKED + "FT-3 2026-07-01 RECEIVABLE 500 = REVENUE 500 ; canceled"
    assert write_off(canceled, 1000, order) == write_off(WORKED, 1000, order)


@pytest.mark.parametrize("order", ["lifo", "fifo", "proportional"])
def test_debt_that_no_transaction_covers_is_not_written_off(order: TakingOrder) -> None:
    outcome = by_code(debt(WORKED, 1051), order=order)
    assert reason(outcome) == "distribution-short"


def test_payments_do_not_help_to_cover_a_debt() -> None:
    paid = WORKED + "FT-3 2026-06-15 RECEIVABLE -100 = CASH -100"
    assert reason(by_code(debt(paid, 1051))) == "distribution-short"


def test_one_agreement_that_is_not_covered_keeps_all_from_being_written_off() -> None:
    outcome = by_code(debt(WORKED, 1050), debt(WORKED, 2000, sa_id="SA-2"))
    assert reason(outcome) == "distribution-short"


UNKNOWN = """
    FT-1  2026-05-01  RECEIVABLE 1000 = MYSTERY 900 + VAT-PAYABLE 100
    FT-2  2026-06-01  RECEIVABLE 50 = REVENUE 50
"""


def test_an_unknown_code_of_a_transaction_that_is_taken_stops_the_write_off() -> None:
    assert reason(by_code(debt(UNKNOWN, 51))) == "unknown-distribution-code"
    assert reason(by_code(debt(UNKNOWN, 50), order="fifo")) == "unknown-distribution-code"
    assert reason(by_code(debt(UNKNOWN, 1), order="proportional")) == "unknown-distribution-code"


def test_an_unknown_code_of_another_transaction_does_not_matter() -> None:
    assert write_off(UNKNOWN, 50) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 50 write-off-expense: FT-2 REVENUE 50
        Cr 1200 RECEIVABLE        50 SA-1: FT-2 RECEIVABLE 50
    """)


def test_an_unknown_code_of_a_credit_note_counts_as_its_transactions() -> None:
    noted = WORKED + "FT-3 2026-06-10 RECEIVABLE -10 = MYSTERY -10 ; reverses FT-1"
    assert reason(by_code(debt(noted, 60))) == "unknown-distribution-code"
    assert write_off(noted, 50)[-1] == "Cr 1200 RECEIVABLE 50 SA-1: FT-2 RECEIVABLE 50"


def test_a_code_that_is_only_an_own_account_is_none_that_a_bill_may_use() -> None:
    billed = """
        FT-1  2026-05-01  RECEIVABLE 100 = WRITE-OFF-EXPENSE 60 + REVENUE 40
        FT-2  2026-06-01  RECEIVABLE 50 = REVENUE 50
    """
    outcome = by_code(debt(billed, 100))
    assert reason(outcome) == "unknown-distribution-code"
    assert write_off(billed, 50)[-1] == "Cr 1200 RECEIVABLE 50 SA-1: FT-2 RECEIVABLE 50"


# --- negative pieces: a discount, a credit note on another code ---------------------------------------------


def test_a_discount_lessens_what_goes_to_the_same_account_and_no_tax() -> None:
    discounted = "FT-1 2026-05-01 RECEIVABLE 990 = REVENUE 1000 + DISCOUNT -100 + VAT-PAYABLE 90"
    assert write_off(discounted, 990) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 900 write-off-expense:   FT-1 REVENUE 900
        Dr 2210 VAT-PAYABLE       90  write-off-liability: FT-1 VAT-PAYABLE 90
        Cr 1200 RECEIVABLE        990 SA-1: FT-1 RECEIVABLE 990
    """)


def test_a_discount_above_its_account_lessens_the_others_so_that_nothing_is_negative() -> None:
    discounted = "FT-1 2026-05-01 RECEIVABLE 80 = DISCOUNT -20 + VAT-PAYABLE 90 + CITY-TAX-PAYABLE 10"
    assert write_off(discounted, 80) == rows("""
        Dr 2210 VAT-PAYABLE       72  write-off-liability: FT-1 VAT-PAYABLE 72
        Dr 2220 CITY-TAX-PAYABLE  8   write-off-liability: FT-1 CITY-TAX-PAYABLE 8
        Cr 1200 RECEIVABLE        80 SA-1: FT-1 RECEIVABLE 80
    """)


def test_lines_of_one_transaction_on_one_code_are_netted() -> None:
    twice = "FT-1 2026-05-01 RECEIVABLE 120 + RECEIVABLE -20 = REVENUE 60 + REVENUE 50 + REVENUE -10"
    assert write_off(twice, 100) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 100 write-off-expense: FT-1 REVENUE 100
        Cr 1200 RECEIVABLE        100 SA-1: FT-1 RECEIVABLE 100
    """)


# --- R19: where each piece goes -----------------------------------------------------------------------------


def test_revenue_and_other_debit_the_own_account_of_their_write_off_type() -> None:
    billed = "FT-1 2026-05-01 RECEIVABLE 100 = REVENUE 60 + LATE-FEE 10 + SUBSIDY 30"
    assert write_off(billed, 100) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 70 write-off-expense:   FT-1 REVENUE 60 + FT-1 LATE-FEE 10
        Dr 1190 ALLOWANCE         30 write-off-allowance: FT-1 SUBSIDY 30
        Cr 1200 RECEIVABLE        100 SA-1: FT-1 RECEIVABLE 100
    """)


def test_an_insurance_that_is_paid_on_is_an_expense_and_held_as_a_liability() -> None:
    billed = "FT-1 2026-05-01 RECEIVABLE 100 = REVENUE 80 + INSURANCE-PAYABLE 20"
    outcome = by_code(debt(billed, 100))
    assert journal(posted(outcome)) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 80 write-off-expense:   FT-1 REVENUE 80
        Dr 6150 WRITE-OFF-EXPENSE 20 write-off-liability: FT-1 INSURANCE-PAYABLE 20
        Cr 1200 RECEIVABLE        100 SA-1: FT-1 RECEIVABLE 100
    """)
    assert held(outcome)[1] == "SA-1 write-off-liability INSURANCE-PAYABLE - 6150 expense 20"


def test_a_tax_to_be_claimed_waits_by_the_date_of_its_supply() -> None:
    billed = """
        FT-1  2026-05-01  RECEIVABLE 116 = REVENUE 100 + CLAIMABLE-VAT 16
        FT-2  2026-05-01  RECEIVABLE 232 = REVENUE 200 + CLAIMABLE-VAT 32
        FT-3  2026-06-01  RECEIVABLE 58 = REVENUE 50 + CLAIMABLE-VAT 8
    """
    outcome = by_code(debt(billed, 406))
    assert journal(posted(outcome)) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 350 write-off-expense:
            FT-3 REVENUE 50 + FT-2 REVENUE 200 + FT-1 REVENUE 100
        Dr 1308 CLAIMABLE-VAT 8  write-off-liability [2029-06-01 2036-06-01]: FT-3 CLAIMABLE-VAT 8
        Dr 1308 CLAIMABLE-VAT 48 write-off-liability [2029-05-01 2036-05-01]:
            FT-2 CLAIMABLE-VAT 32 + FT-1 CLAIMABLE-VAT 16
        Cr 1200 RECEIVABLE 406 SA-1: FT-3 RECEIVABLE 58 + FT-2 RECEIVABLE 232 + FT-1 RECEIVABLE 116
    """)
    assert held(outcome)[1:] == rows("""
        SA-1 write-off-liability CLAIMABLE-VAT 2026-06-01 1308 pending-claim 8
        SA-1 write-off-liability CLAIMABLE-VAT 2026-05-01 1308 pending-claim 48
    """)


def test_supply_of_a_leap_day_is_claimable_from_the_last_of_february() -> None:
    billed = "FT-1 2024-02-29 RECEIVABLE 16 = CLAIMABLE-VAT 16"
    assert "[2027-02-28 2034-02-28]" in write_off(billed, 16)[0]


def test_the_receivable_codes_of_what_is_taken_are_credited_in_their_amounts() -> None:
    billed = """
        FT-1  2026-05-01  RECEIVABLE 900 + RECEIVABLE-FEES 100 = REVENUE 1000
        FT-2  2026-06-01  RECEIVABLE-FEES 50 = LATE-FEE 50
    """
    assert write_off(billed, 550) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 550 write-off-expense: FT-2 LATE-FEE 50 + FT-1 REVENUE 500
        Cr 1210 RECEIVABLE-FEES   100 SA-1: FT-2 RECEIVABLE-FEES 50 + FT-1 RECEIVABLE-FEES 50
        Cr 1200 RECEIVABLE        450 SA-1: FT-1 RECEIVABLE 450
    """)


def test_several_agreements_are_one_journal_with_a_receivable_line_each() -> None:
    first = "FT-1 2026-05-01 RECEIVABLE 110 = REVENUE 100 + VAT-PAYABLE 10"
    second = "FT-9 2026-04-01 RECEIVABLE 55 = REVENUE 50 + VAT-PAYABLE 5"
    outcome = by_code(debt(first, 110), debt(second, 55, sa_id="SA-2", sa_type="appliance-loan"))
    assert journal(posted(outcome), agreements=2) == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 150 write-off-expense:   SA-1/FT-1 REVENUE 100 + SA-2/FT-9 REVENUE 50
        Dr 2210 VAT-PAYABLE       15  write-off-liability: SA-1/FT-1 VAT-PAYABLE 10 + SA-2/FT-9 VAT-PAYABLE 5
        Cr 1200 RECEIVABLE        110 SA-1: SA-1/FT-1 RECEIVABLE 110
        Cr 1200 RECEIVABLE        55  SA-2: SA-2/FT-9 RECEIVABLE 55
    """)
    assert held(outcome) == rows("""
        SA-1 write-off-expense   REVENUE     - 6150 expense     100
        SA-1 write-off-liability VAT-PAYABLE - 2210 reverse-now 10
        SA-2 write-off-expense   REVENUE     - 6150 expense     50
        SA-2 write-off-liability VAT-PAYABLE - 2210 reverse-now 5
    """)


def test_the_chart_of_these_tables_is_a_policy_that_is_read() -> None:
    assert CHART.distribution_codes["CLAIMABLE-VAT"].relief_gl_account == "1308"
