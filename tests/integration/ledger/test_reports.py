"""Reports over the ledger, as an accountant reads them."""

import pytest

from operations.views.reports import REPORTS, Report
from store.queries.reports import Range
from tests.support.world import World
from writeoff.accounting.totals import age


def report(world: World, name: str, **within: str) -> Report:
    with world.database.read() as tx:
        return REPORTS[name](tx, Range(**within))


def test_write_offs_by_month_disposition_and_reason(books: World) -> None:
    assert report(books, "write-offs").rows == [
        {
            "month": "2026-11",
            "opco": opco,
            "currency": currency,
            "disposition": "write_off",
            "reason": "unrecoverable",
            "journals": count,
            "amount": amount,
            "inventory": nothing,
        }
        for opco, currency, count, amount, nothing in (
            ("KE", "KES", 1, "105.00", "0.00"),
            ("RW", "RWF", 3, "31500", "0"),
        )
    ]
    assert report(books, "write-offs", opco="KE").rows[0]["amount"] == "105.00"
    assert report(books, "write-offs", first="2026-12").rows == []
    assert report(books, "write-offs", last="2026-10").rows == []


def test_recoveries_and_those_that_did_not_hold(books: World) -> None:
    found = {row["month"]: row for row in report(books, "recoveries").rows}
    december, january = found["2026-12"], found["2027-01"]
    assert (december["payments"], december["recovered"]) == (1, "1000")
    assert (january["payments"], january["recovered"]) == (3, "3200")
    assert (january["canceled_payments"], january["canceled"]) == (2, "1200")


def test_reversals_say_what_is_owed_again(books: World) -> None:
    [row] = report(books, "reversals").rows
    assert (row["opco"], row["reversals"], row["owed_again"]) == ("RW", 1, "7800")


def test_ageing_goes_by_the_dates_of_the_bills(books: World) -> None:
    found = {row["opco"]: row for row in report(books, "ageing").rows}
    assert found["RW"]["181-365"] == found["RW"]["amount"] == "31500"
    assert found["RW"]["0-30"] == "0"
    assert found["KE"]["amount"] == "105.00"


@pytest.mark.parametrize(
    ("days", "column"),
    [
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-60"),
        (365, "181-365"),
        (366, "over 365"),
    ],
)
def test_an_age_has_one_column(days: int, column: str) -> None:
    assert age(days) == column


def test_what_is_with_an_agency_after_the_write_off_is_still_enforced(books: World) -> None:
    rows = report(books, "enforcement", opco="RW").rows
    active = books.select(
        "SELECT sum(amount_minor) AS sum, count(*) AS n FROM referrals WHERE opco = 'RW' AND active"
    )[0]
    assert sum(int(str(row["amount"])) for row in rows) == int(active["sum"]) == 20_000
    assert sum(int(str(row["referrals"])) for row in rows) == int(active["n"]) == 2
