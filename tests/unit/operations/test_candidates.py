"""What `writeoff candidates` says of an account is what the decisions will do with it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.starting import attempts as decisions
from operations.views.candidates import Debt, begun, status_of
from store.queries.candidates import Counted
from tests.unit.decisions.cases import cause, policy
from writeoff.account import Account, Attempt, Standing
from writeoff.case import Case
from writeoff.facts import RequestOpened, TimerSet

POLICY = policy()
DEFAULTED = date(2026, 8, 10)
DAY_D = DEFAULTED + timedelta(days=POLICY.attempts.minimum_days)
OWING = Standing(state="defaulted", balances={"SA1": 10_500})


def attempt(number: int, at: datetime | None = None, *, decided: bool = False) -> Attempt:
    return Attempt(
        attempt_id=f"A-{number}",
        repossession_id="R-1",
        attempted_at=at or datetime(2026, 10, 1, 12, tzinfo=UTC),
        attempted_by="u-1",
        reason="home-not-found",
        message_id="m",
        correlation_id="c",
        decided=decided,
    )


def case(today: date, standing: Standing, attempts: tuple[Attempt, ...]) -> Case:
    account = Account(
        opco="RW",
        account_id="RW-1",
        version=1,
        as_of=datetime(2026, 8, 11, tzinfo=UTC),
        state="defaulted",
        defaulted_on=DEFAULTED,
        currency="RWF",
        customer_class="residential",
        fulfilment_centre="KGL",
        main_customer="P-1",
        service_agreements=(),
    )
    return Case(
        cause=cause(on=today),
        policy=POLICY,
        current=POLICY,
        account=account,
        standing=standing,
        attempts=attempts,
    )


MIDNIGHT = datetime(2026, 8, 10, tzinfo=UTC)


NEAR_MIDNIGHT = st.integers(-48 * 3600, 48 * 3600).map(lambda seconds: MIDNIGHT + timedelta(seconds=seconds))


@given(st.lists(NEAR_MIDNIGHT, max_size=6))
def test_attempts_are_counted_as_the_decisions_count_them(moments: list[datetime]) -> None:
    made = tuple(attempt(number, at) for number, at in enumerate(moments))
    since = begun(POLICY, DEFAULTED)
    counted = sum(each.attempted_at >= since for each in made)
    assert counted == decisions.counted(case(DAY_D, OWING, made), made)


@pytest.mark.parametrize(
    ("today", "standing", "decided", "count", "expected"),
    [
        (DAY_D, OWING, False, 3, ("due", DAY_D)),
        (DAY_D - timedelta(days=1), OWING, False, 3, ("day", DAY_D)),
        (DAY_D, OWING, False, 2, ("attempts", None)),
        (DAY_D, OWING, True, 3, ("asked", None)),
        (DAY_D, {"hold_until": DAY_D + timedelta(days=5)}, False, 3, ("held", DAY_D + timedelta(days=5))),
        (DAY_D, {"hold_until": DAY_D}, False, 3, ("due", DAY_D)),
        (DAY_D, {"balances": {"SA1": 0, "SA2": -5}}, False, 3, ("paid", None)),
    ],
)
def test_a_candidate_stands_where_the_decisions_would_take_it(
    today: date,
    standing: Standing | dict[str, Any],
    decided: bool,  # noqa: FBT001
    count: int,
    expected: tuple[str, date | None],
) -> None:
    if isinstance(standing, dict):
        standing = Standing(**({"state": "defaulted", "balances": {"SA1": 1}} | standing))
    made = tuple(attempt(number, decided=decided) for number in range(count))
    debt = Debt(balances=standing.balances, hold_until=standing.hold_until)
    counted = Counted(count, 0 if decided else count)
    assert status_of(POLICY, today, DEFAULTED, debt, counted) == expected
    facts = decisions.count(case(today, standing, made), made)
    assert any(isinstance(fact, RequestOpened) for fact in facts) == (expected[0] in {"due", "paid"})
    timers = [fact.due_on for fact in facts if isinstance(fact, TimerSet)]
    assert timers == ([expected[1]] if expected[0] == "day" else [])
