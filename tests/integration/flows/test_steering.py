"""A bulk request is paused, goes on, and is canceled where it has not been decided (R3)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from messages.inbound.operations.steer_request import CancelRequest, PauseRequest, ResumeRequest
from tests.integration.flows.conftest import OpenWorld
from tests.support import upstream
from tests.support.outcome import told
from tests.support.world import World
from workers.intake.operators import Command, Outcome, submit
from workers.requests import expansion
from workers.sets.shelf import PolicyShelf

ACCOUNTS = [f"RW-{number}" for number in range(7)]
PAUSE = PauseRequest(request_id="WR-1", reason="the list is being looked at again")
RESUME = ResumeRequest(request_id="WR-1")
CANCEL = CancelRequest(request_id="WR-1", reason="wrong list")


@pytest.fixture(autouse=True)
def _three_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "ITEMS_A_SET", 3)


def order(world: World, data: Any) -> Outcome:
    command = Command(user="ops-1", publisher="root", opco="RW", data=data, at=datetime.now(UTC))
    [outcome] = submit(world.database, PolicyShelf(), [command])
    return outcome


def begun(world: World) -> World:
    """Publish a request and let its first set of accounts be decided."""
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    world.publish(upstream.request("WR-1", *ACCOUNTS, "RW-UNKNOWN"))
    world.take()
    world.actors.expand(["RW", "WR-1"])
    return world


def states(world: World) -> dict[str, int]:
    found = world.select("SELECT state, count(*) AS n FROM request_items GROUP BY state")
    return {row["state"]: row["n"] for row in found}


def answers(world: World) -> list[dict[str, Any]]:
    while world.relay.step().done:
        pass
    return told(world.read(), "pulse.updates", "request-answered")


def test_nothing_of_a_paused_request_is_decided_or_run_until_it_goes_on(world: World) -> None:
    begun(world)
    order(world, PAUSE)
    before = world.select("SELECT status, count(*) AS n FROM events GROUP BY status")
    world.run()
    world.age(3_600)
    world.run()
    assert states(world) == {"accepted": 3, "pending": 5}
    assert world.select("SELECT status, count(*) AS n FROM events GROUP BY status") == before
    assert world.count("journals") == 0
    assert answers(world) == []

    order(world, RESUME)
    world.run()
    world.age(31)
    world.run()
    assert states(world) == {"accepted": 7, "refused": 1}
    assert world.count("journals") == 7
    assert [(each["revision"], each["accepted"]) for each in answers(world)] == [(1, 7), (2, 7)]


def test_other_requests_go_on_while_one_is_paused(world: World) -> None:
    begun(world)
    order(world, PAUSE)
    world.publish(upstream.account("RW-X"), upstream.account("RW-Y"))
    world.publish(upstream.request("WR-2", "RW-X", "RW-Y"))
    world.run()
    assert world.count("journals") == world.count("journals", "request_id = 'WR-2'") == 2


def test_accounts_that_wait_for_a_snapshot_wait_for_the_end_of_the_pause_too(world: World) -> None:
    begun(world)
    for _ in range(3):
        world.actors.expand(["RW", "WR-1"])
    assert states(world) == {"accepted": 7, "waiting": 1}
    order(world, PAUSE)
    world.publish(upstream.account("RW-UNKNOWN"))
    world.run()
    world.age(3_600)
    world.run()
    assert states(world) == {"accepted": 7, "pending": 1}
    assert world.count("timers") == 0
    order(world, RESUME)
    world.run()
    assert states(world) == {"accepted": 8}


def test_what_is_left_of_a_request_is_canceled_and_the_request_answered(world: World) -> None:
    begun(world)
    order(world, PAUSE)
    outcome = order(world, CANCEL)
    assert outcome.refusal is None
    world.run()
    assert states(world) == {"accepted": 3, "refused": 5}
    [answer] = answers(world)
    assert (answer["revision"], answer["status"], answer["accepted"]) == (1, "accepted-in-part", 3)
    assert {each["reason"] for each in answer["refusals"]} == {"request-canceled"}
    assert {each["message"] for each in answer["refusals"]} == {
        "The request was canceled before this account was decided: wrong list"
    }
    assert world.count("journals") == 3
    assert world.count("paused_requests") == world.count("timers") == 0

    again = order(world, CancelRequest(request_id="WR-1", reason="once more"))
    assert again.refusal == "not-cancelable"
    assert order(world, PauseRequest(request_id="WR-404", reason="x")).refusal == "unknown-request"
    assert answers(world) == []


def test_a_canceled_request_that_waits_for_snapshots_is_answered_once_more(world: World) -> None:
    begun(world)
    for _ in range(3):
        world.actors.expand(["RW", "WR-1"])
    assert [each["revision"] for each in answers(world)] == [1]
    order(world, CANCEL)
    [answer] = answers(world)
    assert (answer["revision"], answer["accepted"], answer["refused"]) == (2, 7, 1)
    world.publish(upstream.account("RW-UNKNOWN"))
    world.age(3_600)
    world.run()
    assert world.count("processes") == 7
    assert answers(world) == []


def test_steering_is_on_record_like_any_other_command(embedded: World) -> None:
    begun(embedded)
    order(embedded, PAUSE)
    order(embedded, CANCEL)
    found = embedded.select("SELECT source, type, state, verdict FROM inbox WHERE verdict = 'operator'")
    assert sorted((row["source"], row["type"]) for row in found) == [
        ("/operations/ops-1", "writeoff.operations.cancel-request.v1"),
        ("/operations/ops-1", "writeoff.operations.pause-request.v1"),
    ]


def test_events_of_later_days_wait_as_well(open_embedded: OpenWorld) -> None:
    world = open_embedded()
    world.publish(upstream.account("RW-1"), upstream.attempt("A-1", "RW-1", "product-not-found"))
    world.run()
    [request] = world.select("SELECT request_id FROM requests")
    order(world, PauseRequest(request_id=request["request_id"], reason="the agency asked"))
    for days in (30, 60, 61):
        world.set_date(date(2026, 11, 3) + timedelta(days=days))
        world.run()
    assert world.count("journals") == 0
    order(world, ResumeRequest(request_id=request["request_id"]))
    world.run()
    assert world.count("journals") == 1
