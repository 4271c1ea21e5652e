"""Many accounts in one request (R3): decided in sets, answered once, each account once, whoever helps."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from handlers.starting import requests as deciding
from handlers.starting.opening import Declined, Opened, Order
from tests.integration.flows.conftest import OpenWorld
from tests.support import policies, upstream
from tests.support.outcome import rows, said, told
from tests.support.world import World
from workers.requests import expansion
from workers.requests.expansion import ITEMS_A_SET
from writeoff.case import Case

ACCOUNTS = [f"RW-{number:04}" for number in range(1_200)]


def answers(world: World) -> list[dict[str, Any]]:
    return told(world.read(), "pulse.updates", "request-answered")


def states(world: World) -> dict[str, int]:
    found = world.select("SELECT state, count(*) AS n FROM request_items GROUP BY state")
    return {row["state"]: row["n"] for row in found}


def test_a_large_request_is_decided_in_sets_and_answered_once_after_the_last(world: World) -> None:
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.take()
    world.publish(upstream.request("WR-1", *ACCOUNTS, ACCOUNTS[7]))
    world.take()
    assert states(world) == {"pending": 1_200, "refused": 1}
    assert world.count("processes") == 0

    for done in (ITEMS_A_SET, 2 * ITEMS_A_SET):
        world.actors.expand(["RW", "WR-1"])
        assert states(world) == {"accepted": done, "pending": 1_200 - done, "refused": 1}
        assert world.count("messages_out", "type = 'writeoff.request-answered.v1'") == 0
    world.actors.expand(["RW", "WR-1"])
    assert states(world) == {"accepted": 1_200, "refused": 1}
    assert world.count("messages_out", "type = 'writeoff.request-answered.v1'") == 1
    world.actors.expand(["RW", "WR-1"])
    assert world.count("messages_out", "type = 'writeoff.request-answered.v1'") == 1

    world.nudges.queue.clear()
    while world.relay.step().done:
        pass
    messages = world.read()
    [answer] = told(messages, "pulse.updates", "request-answered")
    assert (answer["revision"], answer["status"], answer["bulk"]) == (1, "accepted-in-part", True)
    assert (answer["accepted"], answer["refused"], answer["process_id"]) == (1_200, 1, None)
    assert answer["totals"] == [{"currency": "RWF", "amount": str(1_200 * 10_500)}]
    assert answer["refusals"] == [
        {
            "account_id": ACCOUNTS[7],
            "reason": "duplicate-in-request",
            "message": f"Account {ACCOUNTS[7]} is named more than once in the request.",
        }
    ]
    started = told(messages, "pulse.updates", "process-started")
    assert sorted(each["account_id"] for each in started) == ACCOUNTS
    assert all(each["bulk"] is True for each in started)


def test_everything_that_a_bulk_request_causes_is_marked_bulk(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.account("RW-2"))
    world.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    world.run()
    messages = world.read()
    told_of = [m["data"] for received in messages.values() for m in received]
    assert {(data["bulk"], data["request_id"], data["origin"]) for data in told_of} == {
        (True, "WR-1", "request")
    }
    assert Counter(len(received) for received in messages.values() if received) == {1: 2, 2: 3, 9: 1}
    assert {bool(row["bulk"]) for row in world.select("SELECT bulk FROM processes")} == {True}
    assert {bool(row["bulk"]) for row in world.select("SELECT bulk FROM requests")} == {True}


def test_more_than_a_thousand_refusals_come_in_parts(open_world: OpenWorld, tmp_path: Path) -> None:
    world = open_world(policy_dir=policies.folder(tmp_path / "policies", policies.waiting(0)))
    unknown = ACCOUNTS[:1_100]
    world.publish(upstream.account("RW-X"), upstream.request("WR-1", "RW-X", *unknown))
    world.run()
    parts = [each for each in answers(world) if each["revision"] == 2]
    first, second = sorted(parts, key=lambda each: each["part"])
    for number, part in enumerate((first, second), start=1):
        figures = (part["part"], part["parts"], part["accepted"], part["refused"], part["status"])
        assert figures == (number, 2, 1, 1_100, "accepted-in-part")
        assert part["totals"] == [{"currency": "RWF", "amount": "10500"}]
    assert [each["account_id"] for each in first["refusals"]] == unknown[:1_000]
    assert [each["account_id"] for each in second["refusals"]] == unknown[1_000:]
    assert {each["reason"] for each in (*first["refusals"], *second["refusals"])} == {"account-not-found"}
    assert world.count("timers") == 0


def test_one_bad_account_never_stops_the_others(world: World) -> None:
    world.publish(
        upstream.account("RW-GOOD"),
        upstream.account("RW-NORMAL", state="normal", defaulted_on=None),
        upstream.account("RW-INACTIVE", state="inactive"),
        upstream.account("RW-SMALL", owed=90),
        upstream.account("RW-USD", currency="USD", owed=0),
        upstream.account("RW-PAID", owed=0),
        upstream.account("RW-BUSY"),
        upstream.attempt("RPA-1", "RW-BUSY", "product-not-found"),
    )
    world.run()
    world.read()
    named = ["RW-NORMAL", "RW-INACTIVE", "RW-SMALL", "RW-USD", "RW-PAID", "RW-BUSY", "RW-GOOD", "RW-GOOD"]
    returned = [{"sa_id": "?", "product_id": "?", "quantity": 1, "condition": "new", "fair_value": "1"}]
    world.publish(
        upstream.account("RW-RETURN"),
        upstream.request("WR-1", *named, {"account_id": "RW-RETURN", "returned_products": returned}),
    )
    world.run()
    [answer] = answers(world)
    assert {each["account_id"]: each["reason"] for each in answer["refusals"]} == {
        "RW-NORMAL": "not-in-default",
        "RW-INACTIVE": "already-terminated",
        "RW-SMALL": "closed-as-small",
        "RW-USD": "currency-mismatch",
        "RW-PAID": "no-debt",
        "RW-BUSY": "process-active",
        "RW-GOOD": "duplicate-in-request",
        "RW-RETURN": "invalid-return",
    }
    assert (answer["accepted"], answer["refused"]) == (1, 8)
    [process] = world.select("SELECT account_id FROM processes WHERE request_id = 'WR-1'")
    assert process == {"account_id": "RW-GOOD"}


def test_a_bulk_request_and_its_nudges_may_come_twice(
    open_embedded: OpenWorld, elsewhere: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "ITEMS_A_SET", 4)
    accounts = [upstream.account(f"RW-{number}") for number in range(10)]
    request = upstream.request("WR-1", *(each["data"]["account_id"] for each in accounts), "RW-3", "RW-404")
    outcomes = []
    for world, times in ((elsewhere(), 1), (open_embedded(delivery="twice"), 2)):
        world.publish(*accounts * times)
        world.publish(*[request] * times)
        world.run()
        world.publish(request)
        world.run()
        world.age(31)
        world.run()
        outcomes.append((said(world.read()), rows(world)))
    assert outcomes[0] == outcomes[1]


def test_workers_that_expand_one_request_at_once_decide_each_account_once(
    open_concurrent: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "ITEMS_A_SET", 25)
    worlds = [open_concurrent(delivery="never") for _ in range(3)]
    accounts = ACCOUNTS[:200]
    worlds[0].publish(*(upstream.account(account_id) for account_id in accounts))
    worlds[0].take()
    worlds[0].publish(upstream.request("WR-1", *accounts))
    worlds[0].take()
    together = threading.Barrier(len(worlds))
    errors: list[BaseException] = []

    def expand(world: World) -> None:
        together.wait()
        try:
            while world.count("request_items", "state = 'pending'"):
                world.actors.expand(["RW", "WR-1"])
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=expand, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert states(worlds[0]) == {"accepted": 200}
    made = Counter(row["account_id"] for row in worlds[0].select("SELECT account_id FROM processes"))
    assert made == dict.fromkeys(accounts, 1)
    while worlds[0].relay.step().done:
        pass
    [answer] = answers(worlds[0])
    assert (answer["revision"], answer["accepted"]) == (1, 200)


def test_an_account_that_no_decision_survives_is_set_aside_and_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = deciding.open_process

    def broken(order: Order, case: Case) -> Opened | Declined:
        if order.account_id == "RW-3":
            raise ZeroDivisionError
        return decide(order, case)

    monkeypatch.setattr(deciding, "open_process", broken)
    accounts = [f"RW-{number}" for number in range(6)]
    world.publish(*(upstream.account(account_id) for account_id in accounts))
    world.run()
    world.publish(upstream.request("WR-1", *accounts))
    world.run()
    messages = world.read()
    [answer] = told(messages, "pulse.updates", "request-answered")
    assert (answer["revision"], answer["accepted"], answer["refused"]) == (1, 5, 0)
    assert answer["status"] == "accepted-in-part"
    [todo] = [each for each in told(messages, "to-do") if each["todo_type"] == "EVENT-FAILED"]
    assert todo["account_id"] == "RW-3"
    assert states(world) == {"accepted": 5, "waiting": 1}

    world.age(31)
    world.run()
    assert answers(world) == []

    monkeypatch.setattr(deciding, "open_process", decide)
    world.age(3600)
    world.run()
    [answer] = answers(world)
    assert (answer["revision"], answer["accepted"], answer["status"]) == (2, 6, "accepted")


def test_more_accounts_than_are_taken_are_refused_as_a_whole(embedded: World) -> None:
    embedded.publish(upstream.request("WR-1", *(str(number) for number in range(100_001))))
    returned = {"sa_id": "S", "product_id": "P", "quantity": 1, "condition": "new", "fair_value": "1"}
    detailed = [{"account_id": str(number), "returned_products": [returned]} for number in range(5_001)]
    embedded.publish(upstream.request("WR-2", *detailed))
    embedded.run()
    found = answers(embedded)
    assert [(each["request_id"], each["status"], each["refusal"]) for each in found] == [
        ("WR-1", "refused", "too-many-accounts"),
        ("WR-2", "refused", "too-many-accounts"),
    ]
    assert embedded.count("request_items") == embedded.count("business_keys") == 0
