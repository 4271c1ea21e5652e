"""Small balances are closed by a write-down, without a tax split (R7)."""

import pytest

from tests.unit.accounting.book import CHART, journal, rows
from writeoff.accounting.write_down import write_down_lines


@pytest.mark.parametrize(
    ("balance", "sa_type", "expected"),
    [
        (
            99,
            "solar-home-system",
            """
            Dr 6155 SMALL-BALANCE-EXPENSE 99 SA-1: - RECEIVABLE 99
            Cr 1200 RECEIVABLE            99 SA-1: - RECEIVABLE 99
            """,
        ),
        (
            -40,
            "solar-home-system",
            """
            Dr 1200 RECEIVABLE            40 SA-1: - RECEIVABLE 40
            Cr 6155 SMALL-BALANCE-EXPENSE 40 SA-1: - RECEIVABLE 40
            """,
        ),
        (
            1,
            "fees",
            """
            Dr 6155 SMALL-BALANCE-EXPENSE 1 SA-1: - RECEIVABLE-FEES 1
            Cr 1210 RECEIVABLE-FEES       1 SA-1: - RECEIVABLE-FEES 1
            """,
        ),
    ],
)
def test_a_small_balance_is_an_expense_and_a_small_credit_the_other_way_round(
    balance: int, sa_type: str, expected: str
) -> None:
    assert journal(write_down_lines(CHART, "SA-1", sa_type, balance)) == rows(expected)
