"""Periods are closed and opened by operators, and journals go where the books are open (R22)."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from messages.inbound.data import InboundData
from messages.inbound.operations.change_period import ClosePeriod, OpenPeriod
from store.ledger import periods
from tests.integration.store.concurrency import Started
from tests.support import upstream
from tests.support.world import World
from workers.intake.operators import Command, Outcome, submit
from workers.sets.shelf import PolicyShelf

TODAY = date(2026, 11, 3)


def order(world: World, data: InboundData, opco: str = "RW") -> Outcome:
    at = datetime.now(UTC)
    command = Command(user="accountant", publisher="root", opco=opco, data=data, at=at)
    [outcome] = submit(world.database, PolicyShelf(), [command])
    return outcome


def test_what_belongs_to_a_closed_period_is_posted_in_the_first_open_one(world: World) -> None:
    world.publish(
        upstream.account("RW-1"),
        upstream.account("RW-SMALL", owed=40),
        upstream.account("KE-1", opco="KE"),
    )
    world.run()
    assert order(world, ClosePeriod(period="2026-10")).refusal is None
    assert order(world, ClosePeriod(period="2026-11", reason="early close")).refusal is None
    world.publish(
        upstream.request("WR-1", "RW-1"),
        upstream.request("WR-2", "RW-SMALL"),
        upstream.request("WR-3", "KE-1", opco="KE"),
    )
    world.run_days(TODAY, 27, step=9)

    posted = {
        (each["opco"], each["kind"]): each
        for each in world.select(
            "SELECT opco, kind, transaction_date, posting_date, moved_from_period FROM journals"
        )
    }
    for key in (("RW", "write-off"), ("RW", "write-down")):
        assert str(posted[key]["transaction_date"]).startswith("2026-11")
        assert str(posted[key]["posting_date"]) == "2026-12-01"
        assert posted[key]["moved_from_period"] == "2026-11"
    kenya = posted["KE", "write-off"]
    assert kenya["posting_date"] == kenya["transaction_date"]
    assert kenya["moved_from_period"] is None
    payment = upstream.payment("PAY-1", "RW-1", 500, received_at="2026-11-29T10:00:00Z")
    world.publish(payment)
    world.run()
    [recovery] = world.select("SELECT * FROM journals WHERE kind = 'recovery'")
    assert str(recovery["transaction_date"]) == "2026-11-29"  # the day it was received on
    assert (str(recovery["posting_date"]), recovery["moved_from_period"]) == ("2026-12-01", "2026-11")
    told = [each["data"] for each in world.read()["gl"] if each["opco"] == "RW"]
    assert {(each["period"], each["posting_date"], each["moved_from_period"]) for each in told} == {
        ("2026-12", "2026-12-01", "2026-11")
    }


def test_a_period_that_is_opened_again_takes_postings_again(world: World) -> None:
    world.publish(upstream.account("RW-1"))
    world.run()
    order(world, ClosePeriod(period="2026-11"))
    opened = order(world, OpenPeriod(period="2026-11", reason="a late bill"))
    assert [type(fact).__name__ for fact in opened.facts] == ["PeriodOpened"]
    world.publish(upstream.request("WR-1", "RW-1"))
    world.run_days(TODAY, 27, step=9)
    assert world.count("journals", "moved_from_period IS NULL AND kind = 'write-off'") == 1
    again = order(world, ClosePeriod(period="2026-11"))
    assert [type(fact).__name__ for fact in again.facts] == ["PeriodClosed"]
    with world.database.read() as tx:
        assert periods.of(tx, ["RW"])["RW"].is_closed("2026-11")


def test_a_refused_closing_is_journaled_and_closes_nothing(world: World) -> None:
    refused = order(world, ClosePeriod(period="2026-12"))
    assert (refused.refusal, refused.facts) == ("period-not-begun", ())
    assert world.count("periods") == 0
    assert world.count("inbox", "state = 'refused' AND refusal = 'period-not-begun'") == 1


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "november", "2026-11\n"])
def test_only_a_month_is_a_period(period: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"period": period}, ClosePeriod)


def test_closing_waits_for_those_who_post_and_those_wait_for_no_other(open_concurrent: type[World]) -> None:
    world = open_concurrent()
    with world.database.begin() as tx, world.database.begin() as other:
        periods.held_as_they_are(tx, ["RW"])
        periods.held_as_they_are(other, ["RW"])
        closing = Started(lambda: order(world, ClosePeriod(period="2026-11")))
        assert closing.waits()
    assert closing.result().refusal is None
