"""Goods that came back: their value becomes inventory, and the rest of the debt is written off (R21)."""

import pytest

from tests.unit.accounting.book import by_code, debt, held, journal, posted, reason, rows

CONTRACT = """
    FT-9001  2026-05-01  RECEIVABLE 10000 = REVENUE 9000 + VAT-PAYABLE 800 + CITY-TAX-PAYABLE 200
    FT-9002  2026-06-01  RECEIVABLE 500 = REVENUE 500
"""


def write_off(balance: int, goods: int) -> list[str]:
    return journal(posted(by_code(debt(CONTRACT, balance, goods))))


def test_goods_worth_4000_leave_6500_to_write_off() -> None:
    assert write_off(10_500, 4_000) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 4000 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     5900 write-off-expense:   FT-9002 REVENUE 500 + FT-9001 REVENUE 5400
        Dr 2210 VAT-PAYABLE           480  write-off-liability: FT-9001 VAT-PAYABLE 480
        Dr 2220 CITY-TAX-PAYABLE      120  write-off-liability: FT-9001 CITY-TAX-PAYABLE 120
        Cr 1200 RECEIVABLE            10500 SA-1: FT-9002 RECEIVABLE 500 + FT-9001 RECEIVABLE 10000
    """)


def test_the_goods_credit_goes_on_where_the_rest_stopped() -> None:
    assert write_off(10_500, 10_200) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 10200 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     300 write-off-expense: FT-9002 REVENUE 300
        Cr 1200 RECEIVABLE            10500 SA-1: FT-9002 RECEIVABLE 500 + FT-9001 RECEIVABLE 10000
    """)


def test_after_a_payment_the_goods_credit_stops_with_the_balance() -> None:
    assert write_off(8_000, 1_500) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 1500 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     5900 write-off-expense:   FT-9002 REVENUE 500 + FT-9001 REVENUE 5400
        Dr 2210 VAT-PAYABLE           480  write-off-liability: FT-9001 VAT-PAYABLE 480
        Dr 2220 CITY-TAX-PAYABLE      120  write-off-liability: FT-9001 CITY-TAX-PAYABLE 120
        Cr 1200 RECEIVABLE            8000 SA-1: FT-9002 RECEIVABLE 500 + FT-9001 RECEIVABLE 7500
    """)


def test_goods_worth_the_whole_debt_leave_nothing_to_write_off() -> None:
    outcome = by_code(debt(CONTRACT, 10_500, 10_500))
    assert journal(posted(outcome)) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 10500 SA-1
        Cr 1200 RECEIVABLE            10500 SA-1: FT-9002 RECEIVABLE 500 + FT-9001 RECEIVABLE 10000
    """)
    assert held(outcome) == []


def test_goods_of_several_agreements_are_applied_each_to_its_own() -> None:
    first = "FT-1 2026-05-01 RECEIVABLE 110 = REVENUE 100 + VAT-PAYABLE 10"
    second = "FT-9 2026-04-01 RECEIVABLE 55 = REVENUE 50 + VAT-PAYABLE 5"
    outcome = by_code(debt(first, 110, 55), debt(second, 55, 11, sa_id="SA-2"))
    assert journal(posted(outcome), agreements=2) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 55 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     90 write-off-expense:   SA-1/FT-1 REVENUE 50 + SA-2/FT-9 REVENUE 40
        Dr 2210 VAT-PAYABLE           9  write-off-liability:
            SA-1/FT-1 VAT-PAYABLE 5 + SA-2/FT-9 VAT-PAYABLE 4
        Dr 1450 REPOSSESSED-INVENTORY 11 SA-2
        Cr 1200 RECEIVABLE            110 SA-1: SA-1/FT-1 RECEIVABLE 110
        Cr 1200 RECEIVABLE            55  SA-2: SA-2/FT-9 RECEIVABLE 55
    """)


def test_the_part_that_goods_cover_needs_no_transaction_and_the_rest_does() -> None:
    half = "FT-1 2026-05-01 RECEIVABLE-FEES 50 = REVENUE 50"
    assert journal(posted(by_code(debt(half, 100, 60)))) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 60 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     40 write-off-expense: FT-1 REVENUE 40
        Cr 1210 RECEIVABLE-FEES       50 SA-1: FT-1 RECEIVABLE-FEES 50
        Cr 1200 RECEIVABLE            50 SA-1: - RECEIVABLE 50
    """)
    assert reason(by_code(debt(half, 100, 49))) == "distribution-short"


def test_a_transaction_with_an_unknown_code_that_only_goods_reach_is_credited_as_it_was_billed() -> None:
    billed = """
        FT-1  2026-05-01  RECEIVABLE-FEES 100 = MYSTERY 100
        FT-2  2026-06-01  RECEIVABLE 50 = REVENUE 50
    """
    assert journal(posted(by_code(debt(billed, 150, 100)))) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 100 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     50 write-off-expense: FT-2 REVENUE 50
        Cr 1200 RECEIVABLE            50 SA-1: FT-2 RECEIVABLE 50
        Cr 1210 RECEIVABLE-FEES       100 SA-1: FT-1 RECEIVABLE-FEES 100
    """)


@pytest.mark.parametrize(("order", "first"), [("fifo", "FT-9001"), ("proportional", "FT-9002")])
def test_goods_follow_every_order(order: str, first: str) -> None:
    outcome = by_code(debt(CONTRACT, 10_500, 4_000), order="fifo" if order == "fifo" else "proportional")
    lines = posted(outcome)
    assert lines[-1].amount == 10_500
    assert lines[-1].sources[0].ft_id == first
    assert {source.ft_id: source.amount for source in lines[-1].sources} == {
        "FT-9001": 10_000,
        "FT-9002": 500,
    }


def test_a_proportional_goods_credit_is_scaled_over_what_is_left_of_all() -> None:
    billed = """
        FT-1  2026-05-01  RECEIVABLE 1000 = REVENUE 1000
        FT-2  2026-06-01  RECEIVABLE-FEES 1000 = REVENUE 1000
    """
    assert journal(posted(by_code(debt(billed, 1_000, 500), order="proportional"))) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY 500 SA-1
        Dr 6150 WRITE-OFF-EXPENSE     500 write-off-expense: FT-2 REVENUE 250 + FT-1 REVENUE 250
        Cr 1210 RECEIVABLE-FEES       500 SA-1: FT-2 RECEIVABLE-FEES 500
        Cr 1200 RECEIVABLE            500 SA-1: FT-1 RECEIVABLE 500
    """)


def test_a_unit_that_is_missing_of_a_proportional_goods_credit_goes_to_the_largest_remainder() -> None:
    billed = """
        FT-1  2026-05-01  RECEIVABLE 4 = REVENUE 4
        FT-2  2026-06-01  RECEIVABLE 3 = REVENUE 3
        FT-3  2026-07-01  RECEIVABLE 3 = REVENUE 3
    """
    # 2 of 10 leave 3, 2 and 3: of 4 goods 1.5, 1 and 1.5, and the tie goes to the first id.
    outcome = by_code(debt(billed, 6, 4), order="proportional")
    assert journal(posted(outcome))[1:] == rows("""
        Dr 6150 WRITE-OFF-EXPENSE 2 write-off-expense: FT-2 REVENUE 1 + FT-1 REVENUE 1
        Cr 1200 RECEIVABLE        6 SA-1: FT-2 RECEIVABLE 2 + FT-1 RECEIVABLE 3 + FT-3 RECEIVABLE 1
    """)


def test_proportional_goods_beyond_all_transactions_credit_the_receivable_of_the_type() -> None:
    half = "FT-1 2026-05-01 RECEIVABLE-FEES 50 = REVENUE 50"
    outcome = by_code(debt(half, 100, 60), order="proportional")
    assert journal(posted(outcome))[-2:] == rows("""
        Cr 1210 RECEIVABLE-FEES 50 SA-1: FT-1 RECEIVABLE-FEES 50
        Cr 1200 RECEIVABLE      50 SA-1: - RECEIVABLE 50
    """)
