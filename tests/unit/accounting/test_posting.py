"""When journals are posted, and which periods may be closed or opened (R22)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.event_types import kinds
from handlers.operations.periods import decide
from messages.inbound.operations.change_period import ClosePeriod, OpenPeriod
from tests.unit.decisions.cases import cause, policy
from writeoff.accounting.posting import Periods, first_day, period_of
from writeoff.case import Case, Part
from writeoff.decision import Apply, Refuse
from writeoff.facts import PeriodClosed, PeriodOpened

BOOKS = Periods(first="2026-09", closed=frozenset({"2026-09", "2026-10", "2026-12"}))
MONTHS = st.dates(date(2024, 1, 1), date(2028, 12, 31)).map(period_of)


@pytest.mark.parametrize(
    ("transaction", "posted", "moved_from"),
    [
        ("2026-11-15", "2026-11-15", None),  # open: on its own day
        ("2026-10-31", "2026-11-01", "2026-10"),  # closed: the first day of the first open one
        ("2026-09-01", "2026-11-01", "2026-09"),  # two closed in a row
        ("2026-12-24", "2027-01-01", "2026-12"),  # over the end of the year
        ("2025-03-05", "2026-11-01", "2025-03"),  # before the books begin
    ],
)
def test_a_transaction_in_a_closed_period_is_posted_in_the_first_open_one(
    transaction: str, posted: str, moved_from: str | None
) -> None:
    dates = BOOKS.dates(date.fromisoformat(transaction))
    assert dates.transaction_date == date.fromisoformat(transaction)
    assert (dates.posting_date.isoformat(), dates.moved_from_period) == (posted, moved_from)


@given(st.frozensets(MONTHS, max_size=40), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_nothing_is_ever_posted_in_a_closed_period_nor_before_its_transaction(
    closed: frozenset[str], day: date
) -> None:
    periods = Periods(first=min(closed, default=None), closed=closed)
    dates = periods.dates(day)
    assert not periods.is_closed(period_of(dates.posting_date))
    assert dates.posting_date >= day
    assert (dates.moved_from_period is None) == (dates.posting_date == day)
    between = period_of(day)
    while between < period_of(dates.posting_date):
        assert periods.is_closed(between)
        between = period_of(first_day(between, months_later=1))


def change(what: str, period: str, periods: Periods, today: date = date(2026, 11, 3)) -> Apply | Refuse:
    rules = policy()
    case = Case(cause=cause(account_id=None, on=today), policy=rules, current=rules, periods=periods)
    command = ClosePeriod(period=period) if what == "close" else OpenPeriod(period=period, reason="late bill")
    decision = decide(command, case, False)  # noqa: FBT003
    assert isinstance(decision, Apply | Refuse)
    return decision


def test_the_first_period_that_is_closed_begins_the_books() -> None:
    assert change("close", "2026-10", Periods()) == Apply(
        facts=(PeriodClosed(cause=cause(account_id=None, on=date(2026, 11, 3)), period="2026-10"),)
    )


@pytest.mark.parametrize("periods", [Periods(), Periods(first="2026-10", closed=frozenset({"2026-10"}))])
def test_a_month_that_is_not_over_may_be_closed_and_one_that_has_not_begun_may_not(periods: Periods) -> None:
    assert isinstance(change("close", "2026-11", periods), Apply)
    refused = change("close", "2026-12", periods)
    assert isinstance(refused, Refuse)
    assert refused.message == "Period 2026-12 has not begun: the business date of RW is 2026-11-03."


def test_periods_are_closed_one_after_the_other() -> None:
    books = Periods(first="2026-08", closed=frozenset({"2026-08"}))
    refused = change("close", "2026-10", books)
    assert isinstance(refused, Refuse)
    assert refused.message == "Period 2026-09 of RW is open: close it before 2026-10."


def test_a_period_that_was_opened_again_can_be_closed_again_and_holds_later_ones_up_until_then() -> None:
    books = Periods(first="2026-08", closed=frozenset({"2026-08", "2026-10"}))
    assert isinstance(change("close", "2026-09", books), Apply)
    assert isinstance(change("close", "2026-11", books), Apply)  # the one before it is closed
    first = Periods(first="2026-08", closed=frozenset({"2026-09"}))
    assert isinstance(change("close", "2026-08", first), Apply)


def test_closing_what_is_closed_and_opening_what_is_open_does_nothing() -> None:
    assert change("close", "2026-10", BOOKS) == Apply(facts=())
    assert change("close", "2025-01", BOOKS) == Apply(facts=())
    assert change("open", "2026-11", BOOKS) == Apply(facts=())


def test_any_closed_period_may_be_opened_again_but_none_before_the_books() -> None:
    opened = change("open", "2026-09", BOOKS)
    assert isinstance(opened, Apply)
    assert [type(fact) for fact in opened.facts] == [PeriodOpened]
    assert isinstance(change("open", "2026-08", BOOKS), Refuse)


def test_every_kind_that_posts_looks_at_the_periods() -> None:
    assert all(Part.PERIODS in kind.needs for kind in kinds().values() if kind.posts)
