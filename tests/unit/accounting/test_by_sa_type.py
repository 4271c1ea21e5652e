"""A write-off by SA type moves the whole balance to one account, without a tax line (R11, R21)."""

from tests.unit.accounting.book import Debt, debt, held, journal, ledger, rows
from writeoff.accounting.write_off import Written

BILL = """
    FT-1  2026-05-01  RECEIVABLE 1000 = REVENUE 900 + VAT-PAYABLE 100
    FT-2  2026-06-01  RECEIVABLE 50 = MYSTERY 50
"""


def write_off(*debts: Debt) -> Written:
    return ledger().by_sa_type(debts, "contract-termination")


def test_the_whole_balance_moves_and_the_tax_stays() -> None:
    written = write_off(debt(BILL, 1050))
    assert journal(written.lines) == rows("""
        Dr 6160 CONTRACT-TERMINATION-LOSS 1050 contract-termination: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 1000
        Cr 1200 RECEIVABLE                1050 SA-1: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 1000
    """)
    assert held(written) == ["SA-1 contract-termination CONTRACT-TERMINATION-LOSS - 6160 expense 1050"]


def test_the_transactions_need_not_cover_it() -> None:
    written = write_off(debt("", 70, sa_type="fees"))
    assert journal(written.lines) == rows("""
        Dr 6160 CONTRACT-TERMINATION-LOSS 70 contract-termination: - RECEIVABLE-FEES 70
        Cr 1210 RECEIVABLE-FEES           70 SA-1: - RECEIVABLE-FEES 70
    """)


def test_what_they_do_not_cover_credits_the_receivable_of_the_agreements_type() -> None:
    written = write_off(debt("FT-1 2026-05-01 RECEIVABLE 30 = REVENUE 30", 70, sa_type="fees"))
    assert journal(written.lines) == rows("""
        Dr 6160 CONTRACT-TERMINATION-LOSS 70 contract-termination: FT-1 RECEIVABLE 30 + - RECEIVABLE-FEES 40
        Cr 1200 RECEIVABLE                30 SA-1: FT-1 RECEIVABLE 30
        Cr 1210 RECEIVABLE-FEES           40 SA-1: - RECEIVABLE-FEES 40
    """)


def test_returned_goods_are_inventory_before_the_rest_is_a_loss() -> None:
    written = write_off(debt(BILL, 1050, 400))
    assert journal(written.lines) == rows("""
        Dr 1450 REPOSSESSED-INVENTORY     400 SA-1
        Dr 6160 CONTRACT-TERMINATION-LOSS 650 contract-termination: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 600
        Cr 1200 RECEIVABLE                1050 SA-1: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 1000
    """)
    assert held(written) == ["SA-1 contract-termination CONTRACT-TERMINATION-LOSS - 6160 expense 650"]


def test_goods_worth_the_whole_debt_leave_no_loss() -> None:
    written = write_off(debt(BILL, 1050, 1050))
    assert [line.amount for line in written.lines] == [1050, 1050]
    assert held(written) == []


def test_several_agreements_are_held_apart_on_one_line() -> None:
    first = debt("FT-1 2026-05-01 RECEIVABLE 100 = REVENUE 100", 100)
    second = debt("FT-2 2026-05-01 RECEIVABLE 30 = REVENUE 30", 30, sa_id="SA-2")
    written = write_off(first, second)
    assert journal(written.lines, agreements=2) == rows("""
        Dr 6160 CONTRACT-TERMINATION-LOSS 130 contract-termination:
            SA-1/FT-1 RECEIVABLE 100 + SA-2/FT-2 RECEIVABLE 30
        Cr 1200 RECEIVABLE 100 SA-1: SA-1/FT-1 RECEIVABLE 100
        Cr 1200 RECEIVABLE 30  SA-2: SA-2/FT-2 RECEIVABLE 30
    """)
    assert [bucket.held for bucket in written.buckets] == [100, 30]
