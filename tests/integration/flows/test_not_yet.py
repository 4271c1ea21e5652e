"""What this version cannot do yet is answered or kept: nothing that is sent is lost."""

import pytest

from tests.support import upstream
from tests.support.outcome import kinds, rows, told
from tests.support.world import World

REFUSED = {
    "origin": None,
    "bulk": False,
    "process_id": None,
    "revision": 1,
    "status": "refused",
    "refusal": "not-supported-yet",
    "accepted": 0,
    "refused": 0,
    "totals": [],
    "refusals": [],
    "differences": [],
    "plan_digest": None,
    "part": 1,
    "parts": 1,
}


@pytest.mark.parametrize("name", ["write-off-decided", "write-off-cancel-requested"])
def test_a_command_that_is_not_supported_yet_is_answered_so(world: World, name: str) -> None:
    command = upstream.example(name)
    world.publish(command, command)
    world.run()

    messages = world.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [answer] = told(messages, "pulse.updates")
    assert answer.pop("message").endswith(".")
    assert answer == REFUSED | {
        "answers_message_id": command["id"],
        "request_id": command["data"]["request_id"],
        "command": name,
    }
    assert world.select("SELECT state, refusal FROM inbox") == [
        {"state": "refused", "refusal": "not-supported-yet"}
    ]


@pytest.mark.parametrize("field", [{"override_hold": True}])
def test_a_request_that_asks_for_what_is_not_supported_is_answered_so_and_may_come_again(
    world: World, field: dict[str, object]
) -> None:
    request = upstream.request("WR-1", "RW-1", **field)
    world.publish(upstream.account("RW-1"), request)
    world.run()
    messages = world.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [answer] = told(messages, "pulse.updates")
    assert (answer["status"], answer["refusal"]) == ("refused", "not-supported-yet")
    assert answer["answers_message_id"] == request["id"]

    world.publish(upstream.request("WR-1", "RW-1"))
    world.run()
    [answer] = told(world.read(), "pulse.updates", "request-answered")
    assert (answer["status"], answer["accepted"]) == ("accepted", 1)


@pytest.mark.parametrize("name", ["payment-canceled"])
def test_a_message_for_later_waits_in_the_journal_without_effects(world: World, name: str) -> None:
    world.publish(upstream.example("account-updated"), upstream.example("write-off-requested.personal"))
    world.run()
    world.read()
    before = rows(world)

    message = upstream.example(name)
    world.publish(message, message)
    world.run()
    world.age(3600)
    world.publish(upstream.changed(upstream.renamed(upstream.example("account-updated"), "2"), version=42))
    world.run()

    assert kinds(world.read()) == {}
    after = rows(world)
    unlike = {"inbox", "business_keys", "accounts"}
    assert {t: r for t, r in after.items() if t not in unlike} == {
        t: r for t, r in before.items() if t not in unlike
    }
    assert world.select(f"SELECT state FROM inbox WHERE id = '{message['id']}'") == [{"state": "waiting"}]
    assert world.count("inbox", "state = 'waiting'") == 1
    assert world.count("dead_letters") == 0


def test_a_payment_after_the_write_off_waits_in_the_journal_without_effects(world: World) -> None:
    world.publish(upstream.example("account-updated"), upstream.example("write-off-requested.personal"))
    world.run()
    world.read()
    before = rows(world)

    payment = upstream.example("payment-received")
    world.publish(payment, payment, upstream.renamed(payment, "the same again"))
    world.run()
    world.age(3600)
    world.publish(upstream.changed(upstream.renamed(upstream.example("account-updated"), "2"), version=42))
    world.run()

    assert kinds(world.read()) == {}
    after = rows(world)
    unlike = {"inbox", "business_keys", "accounts"}
    assert {t: r for t, r in after.items() if t not in unlike} == {
        t: r for t, r in before.items() if t not in unlike
    }
    assert world.select(f"SELECT state FROM inbox WHERE id = '{payment['id']}'") == [{"state": "waiting"}]
    assert world.count("inbox", "state = 'waiting'") == 1
    [account] = world.select("SELECT state, locked_by FROM accounts")
    assert account["state"] == "inactive"
    assert account["locked_by"] is not None
