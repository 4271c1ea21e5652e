"""What this version cannot do yet is answered or kept: nothing that is sent is lost."""

import pytest

from tests.support import upstream
from tests.support.outcome import kinds, told
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
