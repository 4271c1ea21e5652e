"""Messages that overtake their account's snapshot wait for it, and are never lost (R16)."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.flows.conftest import OpenWorld
from tests.support import policies, upstream
from tests.support.outcome import kinds, rows, said, told
from tests.support.world import World

#: Longer than any of these tests takes on a busy machine.
WAIT_SECONDS = 600

PERSONAL = upstream.request("WR-1", "RW-1")
ATTEMPT = upstream.attempt("RPA-1", "RW-1", "product-not-found")
PAYMENT = upstream.payment("PAY-1", "RW-1", 500)


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    return policies.folder(tmp_path / "patient", policies.waiting(WAIT_SECONDS))


@pytest.fixture
def world(open_world: OpenWorld, patient: Path) -> World:
    return open_world(policy_dir=patient)


def answers(world: World) -> list[dict[str, Any]]:
    return told(world.read(), "pulse.updates", "request-answered")


def no_timers(world: World) -> bool:
    return world.count("timers", "kind = 'arrival'") == 0


@pytest.mark.parametrize("message", [PERSONAL, ATTEMPT, PAYMENT], ids=["request", "attempt", "payment"])
@pytest.mark.parametrize("together", [True, False], ids=["one-set", "two-sets"])
def test_what_overtakes_the_snapshot_comes_to_the_same_as_what_follows_it(
    world: World, elsewhere: OpenWorld, patient: Path, message: upstream.Event, *, together: bool
) -> None:
    reference = elsewhere(policy_dir=patient)
    reference.publish(upstream.account("RW-1"))
    reference.run()
    reference.publish(message)
    reference.run()

    world.publish(message)
    if not together:
        world.run()
        assert kinds(world.read()) == {}
        assert world.count("processes") == world.count("payments") == world.count("attempts") == 0
        assert world.count("timers", "kind = 'arrival'") == 1
    world.publish(upstream.account("RW-1"))
    world.run()

    assert said(world.read()) == said(reference.read())
    assert rows(world) == rows(reference)
    assert no_timers(world)


def test_a_request_that_waited_is_answered_with_its_process(world: World) -> None:
    world.publish(PERSONAL)
    world.run()
    world.publish(upstream.account("RW-1"))
    world.run()
    [answer] = answers(world)
    [process] = world.select("SELECT process_id FROM processes")
    assert answer["process_id"] == str(process["process_id"])
    assert (answer["revision"], answer["status"]) == (1, "accepted")


def test_a_request_of_an_account_that_never_comes_is_refused_when_the_wait_is_over(world: World) -> None:
    world.publish(PERSONAL)
    world.run()
    world.age(WAIT_SECONDS // 2)
    world.run()
    assert kinds(world.read()) == {}

    world.age(WAIT_SECONDS // 2 + 1)
    world.run()
    messages = world.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [answer] = told(messages, "pulse.updates")
    assert (answer["revision"], answer["status"], answer["refusal"]) == (1, "refused", None)
    assert answer["refusals"] == [
        {
            "account_id": "RW-1",
            "reason": "account-not-found",
            "message": "Account RW-1 is not known at opco RW.",
        }
    ]
    assert no_timers(world)
    world.age(3600)
    world.publish(upstream.account("RW-1"))
    world.run()
    assert kinds(world.read()) == {}
    assert world.count("processes") == 0


@pytest.mark.parametrize("message", [ATTEMPT, PAYMENT], ids=["attempt", "payment"])
def test_what_waited_in_vain_becomes_a_to_do(world: World, message: upstream.Event) -> None:
    world.publish(message)
    world.run()
    world.age(WAIT_SECONDS + 1)
    world.run()
    messages = world.read()
    assert kinds(messages) == {"to-do": ["todo-created"]}
    [todo] = told(messages, "to-do")
    assert todo["todo_type"] == ("UNKNOWN-ACCOUNT" if message is ATTEMPT else "PAYMENT-CHECK")
    assert todo["account_id"] == "RW-1"
    assert world.select("SELECT state FROM inbox") == [{"state": "done"}]
    assert no_timers(world)

    world.publish(message)
    world.age(3600)
    world.run()
    assert kinds(world.read()) == {}


def test_the_wait_is_the_policys(open_world: OpenWorld, tmp_path: Path) -> None:
    folder = policies.folder(tmp_path / "policies", policies.waiting(0))
    world = open_world(policy_dir=folder)
    world.publish(PERSONAL)
    world.run()
    [answer] = answers(world)
    assert answer["refusals"][0]["reason"] == "account-not-found"


@pytest.mark.parametrize("what", ["request", "attempt", "payment"])
def test_a_message_that_names_a_newer_version_waits_for_it(world: World, what: str) -> None:
    named = {
        "request": upstream.request("WR-1", {"account_id": "RW-1", "account_version": 3}),
        "attempt": upstream.changed(ATTEMPT, account_version=3),
        "payment": upstream.changed(PAYMENT, account_version=3),
    }[what]
    world.publish(upstream.account("RW-1", version=1), named)
    world.run()
    world.publish(upstream.account("RW-1", version=2))
    world.run()
    assert kinds(world.read()) == {}
    assert world.count("processes") == world.count("payments") == world.count("attempts") == 0

    world.publish(upstream.account("RW-1", version=3, owed=9_000))
    world.run()
    done = {"request": "processes", "attempt": "processes", "payment": "payments"}[what]
    assert world.count(done) == 1
    if what != "payment":
        assert told(world.read(), "pulse.updates", "process-started")[0]["amount"] == "9000"


@pytest.mark.parametrize("what", ["request", "attempt", "payment"])
def test_older_snapshots_do_not_make_the_wait_longer(world: World, what: str) -> None:
    named = {
        "request": upstream.request("WR-1", {"account_id": "RW-1", "account_version": 9}),
        "attempt": upstream.changed(ATTEMPT, account_version=9),
        "payment": upstream.changed(PAYMENT, account_version=9),
    }[what]
    world.publish(named)
    for version in (1, 2, 3):
        world.run()
        world.age(WAIT_SECONDS // 3 + 1)
        world.publish(upstream.account("RW-1", version=version))
    world.run()
    assert no_timers(world)
    messages = world.read()
    if what == "request":
        [answer] = told(messages, "pulse.updates")
        assert answer["refusals"] == [
            {
                "account_id": "RW-1",
                "reason": "account-not-found",
                "message": "Account RW-1 is known at opco RW, but not in the version that was named.",
            }
        ]
    else:
        assert kinds(messages) == {"to-do": ["todo-created"]}


def test_a_bulk_request_is_answered_for_what_is_known_and_again_when_the_wait_is_over(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1", "RW-2", "RW-3"))
    world.run()
    [first] = answers(world)
    assert (first["revision"], first["status"]) == (1, "accepted-in-part")
    assert (first["accepted"], first["refused"]) == (1, 0)

    world.publish(upstream.account("RW-2", owed=2_000))
    world.run()
    assert answers(world) == []

    world.age(WAIT_SECONDS + 1)
    world.run()
    [second] = answers(world)
    assert (second["revision"], second["status"]) == (2, "accepted-in-part")
    assert (second["accepted"], second["refused"]) == (2, 1)
    assert second["totals"] == [{"currency": "RWF", "amount": "12500"}]
    assert [each["account_id"] for each in second["refusals"]] == ["RW-3"]

    world.age(3600)
    world.publish(upstream.account("RW-3"))
    world.run()
    assert answers(world) == []


def test_a_bulk_request_is_answered_again_as_soon_as_the_last_snapshot_has_come(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1", "RW-2", "RW-3"))
    world.run()
    world.publish(upstream.account("RW-2"))
    world.run()
    world.publish(upstream.account("RW-3"))
    world.run()
    first, second = answers(world)
    assert (first["revision"], first["accepted"]) == (1, 1)
    assert (second["revision"], second["accepted"], second["status"]) == (2, 3, "accepted")


def test_a_bulk_request_of_which_every_account_waits_is_answered_once(world: World) -> None:
    world.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    world.run()
    assert answers(world) == []
    world.publish(upstream.account("RW-1"), upstream.account("RW-2"))
    world.run()
    [answer] = answers(world)
    assert (answer["revision"], answer["accepted"], answer["status"]) == (1, 2, "accepted")


@pytest.mark.parametrize("kind", ["personal", "bulk"])
def test_a_snapshot_within_a_request_is_taken_first(world: World, kind: str) -> None:
    embedded = {"account_id": "RW-1", "account": upstream.account_data("RW-1", owed=4_000)}
    world.publish(upstream.request("WR-1", embedded, kind=kind))
    world.run()
    messages = world.read()
    [answer] = told(messages, "pulse.updates", "request-answered")
    assert (answer["status"], answer["totals"]) == ("accepted", [{"currency": "RWF", "amount": "4000"}])
    assert len(told(messages, "letter")) == 1
    assert world.select("SELECT account_id, version FROM accounts") == [{"account_id": "RW-1", "version": 1}]


def test_an_older_snapshot_within_a_request_is_ignored(world: World) -> None:
    world.publish(upstream.account("RW-1", version=5, owed=7_000))
    embedded = {"account_id": "RW-1", "account": upstream.account_data("RW-1", version=4, owed=4_000)}
    world.publish(upstream.request("WR-1", embedded))
    world.run()
    assert told(world.read(), "pulse.updates", "process-started")[0]["amount"] == "7000"


@pytest.mark.parametrize("kind", ["personal", "bulk"])
def test_a_snapshot_within_a_request_wakes_what_waited_for_it(world: World, kind: str) -> None:
    world.publish(PAYMENT)
    world.run()
    embedded = {"account_id": "RW-1", "account": upstream.account_data("RW-1")}
    world.publish(upstream.request("WR-1", embedded, kind=kind, disposition="write_off"))
    world.take()
    world.act()
    assert world.count("payments") == 1
    assert world.count("inbox", "state = 'waiting'") == 0


def test_an_older_snapshot_that_arrives_later_changes_nothing(world: World) -> None:
    world.publish(upstream.account("RW-1", version=2, owed=7_000))
    world.run()
    world.publish(upstream.account("RW-1", version=1), upstream.account("RW-1", version=2, owed=1))
    world.run()
    world.publish(PERSONAL)
    world.run()
    assert told(world.read(), "pulse.updates", "process-started")[0]["amount"] == "7000"
    assert world.count("dead_letters") == 0


def test_what_waits_survives_a_restart(open_world: OpenWorld) -> None:
    world = open_world()
    world.publish(PERSONAL, PAYMENT)
    world.run()
    world.close()
    again = open_world()
    again.publish(upstream.account("RW-1"))
    again.run()
    assert again.count("processes") == 1
    assert again.count("payments") == 1
