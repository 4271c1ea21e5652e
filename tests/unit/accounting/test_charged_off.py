"""What was charged off upstream before is debited first, so that nothing is an expense twice."""

import pytest

from tests.unit.accounting.book import by_code, debt, held, journal, ledger, posted, rows

BILL = """
    FT-1  2026-05-01  RECEIVABLE 1000 = REVENUE 900 + VAT-PAYABLE 100
    FT-2  2026-06-01  RECEIVABLE 50 = LATE-FEE 50
"""


def test_the_expense_debits_what_was_charged_off_first_and_the_tax_does_not() -> None:
    outcome = by_code(debt(BILL, 1050, charged_off=(300, "1195")))
    assert journal(posted(outcome)) == rows("""
        Dr 1195 WRITE-OFF-EXPENSE 300 write-off-expense:   FT-2 LATE-FEE 50 + FT-1 REVENUE 250
        Dr 6150 WRITE-OFF-EXPENSE 650 write-off-expense:   FT-1 REVENUE 650
        Dr 2210 VAT-PAYABLE       100 write-off-liability: FT-1 VAT-PAYABLE 100
        Cr 1200 RECEIVABLE        1050 SA-1: FT-2 RECEIVABLE 50 + FT-1 RECEIVABLE 1000
    """)
    assert held(outcome) == rows("""
        SA-1 write-off-expense   LATE-FEE    - 1195 expense     50
        SA-1 write-off-expense   REVENUE     - 1195 expense     250
        SA-1 write-off-expense   REVENUE     - 6150 expense     650
        SA-1 write-off-liability VAT-PAYABLE - 2210 reverse-now 100
    """)


@pytest.mark.parametrize(("charged_off", "account"), [((0, "1195"), "6150"), ((5_000, "1195"), "1195")])
def test_nothing_charged_off_changes_nothing_and_more_than_the_expense_covers_it_whole(
    charged_off: tuple[int, str], account: str
) -> None:
    lines = posted(by_code(debt(BILL, 1050, charged_off=charged_off)))
    assert [(line.gl_account, line.amount) for line in lines] == [
        (account, 950),
        ("2210", 100),
        ("1200", 1050),
    ]


def test_each_agreement_has_its_own() -> None:
    first = debt(BILL, 50, charged_off=(30, "1195"))
    second = debt(BILL, 50, sa_id="SA-2")
    lines = posted(by_code(first, second))
    assert [(line.gl_account, line.amount) for line in lines if line.side == "debit"] == [
        ("1195", 30),
        ("6150", 70),
    ]


def test_by_sa_type_it_comes_before_the_types_own_account() -> None:
    written = ledger().by_sa_type((debt(BILL, 1050, 400, charged_off=(100, "1195")),), "contract-termination")
    assert [(line.gl_account, line.amount) for line in written.lines] == [
        ("1450", 400),
        ("1195", 100),
        ("6160", 550),
        ("1200", 1050),
    ]
