"""A plan says what a request would do; the request then does that, or nothing (R4)."""

from pathlib import Path
from typing import Any

import pytest

from store.work import plans
from tests.integration.flows.conftest import OpenWorld
from tests.support import policies, upstream
from tests.support.outcome import rows, told
from tests.support.plans import holding, make
from tests.support.world import World
from workers.requests import expansion

ACCOUNTS = [f"RW-{number}" for number in range(7)]


def answer(world: World) -> dict[str, Any]:
    [found] = told(world.read(), "pulse.updates", "request-answered")
    return found


def changed(found: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (each["account_id"], each["field"], each["planned"], each["present"]) for each in found["differences"]
    ]


def test_making_a_plan_changes_nothing(world: World) -> None:
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    before = rows(world)
    request = upstream.request("WR-1", *ACCOUNTS, "RW-UNKNOWN", ACCOUNTS[0])
    made, digest = make(world, request, keep=False)
    assert rows(world) == before
    assert [each.refusal for each in made if each.refusal] == ["duplicate-in-request", "account-not-found"]
    assert make(world, request, keep=False)[1] == digest


def test_a_plan_comes_by_days_since_default_the_latest_first(world: World) -> None:
    world.publish(
        upstream.account("RW-OLD", defaulted_on="2026-01-01"),
        upstream.account("RW-NEW", defaulted_on="2026-11-01"),
        upstream.account("RW-FINE", state="normal", defaulted_on=None),
        upstream.account("RW-MIDDLE", defaulted_on="2026-06-14"),
    )
    world.run()
    made, _ = make(world, upstream.request("WR-1", "RW-FINE", "RW-OLD", "RW-MIDDLE", "RW-NEW", "RW-404"))
    assert [(each.account_id, each.days_in_default, each.refusal) for each in made] == [
        ("RW-NEW", 2, None),
        ("RW-MIDDLE", 142, None),
        ("RW-OLD", 306, None),
        ("RW-404", None, "account-not-found"),
        ("RW-FINE", None, "not-in-default"),
    ]


def test_a_request_for_one_account_is_carried_out_as_planned(world: World) -> None:
    world.publish(upstream.account("RW-1"))
    world.run()
    request = upstream.request("WR-1", "RW-1")
    _, digest = make(world, request)
    world.publish(holding(request, digest))
    world.run()
    found = answer(world)
    assert (found["status"], found["plan_digest"], found["differences"]) == ("accepted", digest, [])
    assert world.count("journals") == 1


@pytest.mark.parametrize("keep", [True, False], ids=["kept", "not kept"])
def test_a_request_for_one_account_that_has_changed_is_refused_with_the_differences(
    world: World, *, keep: bool
) -> None:
    world.publish(upstream.account("RW-1"))
    world.run()
    request = upstream.request("WR-1", "RW-1")
    _, digest = make(world, request, keep=keep)
    world.publish(upstream.payment("PAY-1", "RW-1", 500))
    world.run()
    world.read()
    world.publish(holding(request, digest))
    world.run()
    found = answer(world)
    assert (found["status"], found["refusal"]) == ("refused", "plan-changed")
    assert (found["accepted"], found["refused"], found["refusals"]) == (0, 0, [])
    if keep:
        assert changed(found)[:2] == [
            ("RW-1", "balances.SA-RW-1", "10500", "10000"),
            ("RW-1", "amount", "10500", "10000"),
        ]
        assert found["message"].startswith("1 account is no longer as planned.")
    else:
        assert changed(found) == []
        assert "not kept here" in found["message"]
    assert world.count("processes") == world.count("journals") == 0

    _, again = make(world, request)
    assert again == found["plan_digest"]
    world.publish(upstream.renamed(holding(request, again), "again"))
    world.run()
    assert answer(world)["status"] == "accepted"


def test_a_bulk_request_is_compared_as_a_whole_before_its_first_account_is_decided(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "ITEMS_A_SET", 3)
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    request = upstream.request("WR-1", *ACCOUNTS, ACCOUNTS[2])
    _, digest = make(world, request)
    world.publish(holding(request, digest))
    world.take()
    for _ in range(4):
        world.actors.expand(["RW", "WR-1"])
        assert world.count("processes") == 0
    world.actors.expand(["RW", "WR-1"])
    assert world.count("processes") == 3
    world.run()
    found = answer(world)
    assert (found["status"], found["accepted"], found["refused"]) == ("accepted-in-part", 7, 1)
    assert found["plan_digest"] == digest
    assert world.count("journals") == 7


def test_a_bulk_request_of_which_anything_has_changed_is_refused_and_nothing_is_done(world: World) -> None:
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    request = upstream.request("WR-1", *ACCOUNTS, "RW-404")
    _, digest = make(world, request)
    world.publish(upstream.payment("PAY-1", "RW-3", 10_500), upstream.account("RW-404", owed=700))
    world.run()
    world.read()
    world.publish(holding(request, digest))
    world.run()
    found = answer(world)
    assert (found["status"], found["refusal"], found["revision"]) == ("refused", "plan-changed", 1)
    assert found["message"].startswith("2 accounts are no longer as planned.")
    assert ("RW-3", "refusal", None, "no-debt") in changed(found)
    assert ("RW-3", "balances.SA-RW-3", "10500", "0") in changed(found)
    assert ("RW-404", "refusal", "account-not-found", None) in changed(found)
    assert ("RW-404", "amount", None, "700") in changed(found)
    assert {each["account_id"] for each in found["differences"]} == {"RW-3", "RW-404"}
    assert world.count("processes") == world.count("journals") == 0
    assert world.count("request_items", "refusal = 'plan-changed'") == 8
    world.age(3_600)
    world.run()
    assert told(world.read(), "pulse.updates") == []


def test_a_new_policy_is_a_difference_told_once(open_world: OpenWorld, tmp_path: Path) -> None:
    world = open_world()
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    request = upstream.request("WR-1", *ACCOUNTS)
    _, digest = make(world, request)
    stricter = open_world(
        policy_dir=policies.folder(
            tmp_path / "new", ('small_balance_below = "100"', 'small_balance_below = "200"')
        )
    )
    stricter.publish(holding(request, digest))
    stricter.run()
    found = answer(stricter)
    assert found["refusal"] == "plan-changed"
    assert [(each["account_id"], each["field"]) for each in found["differences"]] == [("RW-0", "policy")]
    assert stricter.count("processes") == 0


def test_an_account_that_moves_after_the_comparison_is_left_out_alone(world: World) -> None:
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    request = upstream.request("WR-1", *ACCOUNTS)
    _, digest = make(world, request)
    world.publish(holding(request, digest))
    world.take()
    world.nudges.queue.clear()
    world.actors.expand(["RW", "WR-1"])
    world.actors.expand(["RW", "WR-1"])
    assert world.count("requests", "plan_checked IS NULL") == 1
    world.publish(upstream.payment("PAY-1", "RW-3", 500))
    world.run()
    found = answer(world)
    assert (found["status"], found["refusal"], found["accepted"]) == ("accepted-in-part", None, 6)
    assert [(each["account_id"], each["reason"]) for each in found["refusals"]] == [("RW-3", "plan-changed")]
    assert world.count("processes", "account_id = 'RW-3'") == 0


def test_a_planned_account_whose_snapshot_is_on_its_way_is_compared_when_it_has_come(world: World) -> None:
    world.publish(upstream.account("RW-1"))
    world.run()
    asked = {"account_id": "RW-1", "account_version": 2}
    as_planned = upstream.request("WR-1", "RW-1")
    _, digest = make(world, as_planned)
    world.publish(holding(upstream.request("WR-1", asked), digest))
    world.run()
    world.publish(upstream.account("RW-1", version=2, owed=9_000))
    world.run()
    found = answer(world)
    assert (found["status"], found["refusal"], found["revision"]) == ("refused", "plan-changed", 1)
    assert ("RW-1", "amount", "10500", "9000") in changed(found)
    assert found["plan_digest"] == make(world, as_planned)[1]
    assert world.count("processes") == 0


def test_the_answer_to_a_bulk_request_names_the_plan_that_was_carried_out(world: World) -> None:
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.run()
    request = upstream.request("WR-1", *ACCOUNTS, ACCOUNTS[0], "RW-404")
    _, digest = make(world, request)
    world.publish(request)
    world.run()
    world.read()
    world.age(31)
    world.run()
    found = answer(world)
    assert (found["revision"], found["refused"], found["plan_digest"]) == (2, 2, digest)


def test_plans_are_kept_until_there_are_too_many(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_PLANS", 2)
    embedded.publish(upstream.account("RW-1"))
    embedded.run()
    digests = []
    for amount in (100, 200, 300):
        embedded.publish(upstream.payment(f"PAY-{amount}", "RW-1", amount))
        embedded.run()
        digests.append(make(embedded, upstream.request("WR-1", "RW-1"))[1])
    make(embedded, upstream.request("WR-1", "RW-1"))
    with embedded.database.read() as tx:
        kept = [bool(list(plans.planned(tx, "RW", digest))) for digest in digests]
    assert kept == [False, True, True]
    assert embedded.count("plans") == embedded.count("plan_parts") == 2


APPROVAL = """
[[approvals]]
priority = 10
amount_from = "10000"
roles = ["finance_director"]
"""


def approved(request_id: str) -> upstream.Event:
    director = {"user_id": "u-100", "roles": ["finance_director"]}
    data = {"request_id": request_id, "decision": "approved", "decided_by": director, "reason": "checked"}
    return upstream.event("pulse.write-off-decided.v1", data)


@pytest.mark.parametrize("accounts", [ACCOUNTS[:1], ACCOUNTS[:3]], ids=["personal", "bulk"])
def test_what_changes_before_the_approval_is_not_carried_out_as_if_it_had_been_planned(
    open_embedded: OpenWorld, tmp_path: Path, accounts: list[str]
) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "RW.toml").write_text(policies.shipped("RW") + APPROVAL, "utf-8")
    world = open_embedded(policy_dir=folder)
    world.publish(*(upstream.account(account_id) for account_id in accounts))
    world.run()
    request = upstream.request("WR-1", *accounts)
    _, digest = make(world, request)
    world.publish(holding(request, digest))
    world.run()
    found = answer(world)
    assert (found["status"], found["plan_digest"]) == ("awaiting-approval", digest)
    world.publish(upstream.payment("PAY-1", accounts[0], 100))
    world.run()
    world.read()
    world.publish(approved("WR-1"))
    world.run()
    answers = told(world.read(), "pulse.updates", "request-answered")
    [found] = [each for each in answers if each["command"] == "write-off-requested"]
    if len(accounts) == 1:
        assert (found["status"], found["refusal"]) == ("refused", "plan-changed")
        assert (accounts[0], "amount", "10500", "10400") in changed(found)
    else:
        assert (found["status"], found["accepted"]) == ("accepted-in-part", 2)
        assert [(each["account_id"], each["reason"]) for each in found["refusals"]] == [
            (accounts[0], "plan-changed")
        ]
    assert world.count("journals") == len(accounts) - 1


def test_a_task_tells_the_request_behind_it_also_where_no_process_began(embedded: World) -> None:
    credit = upstream.agreement("SA-2", [], balance="-700")
    bill = upstream.transaction("FT-1", "2026-05-01", {"REVENUE": 9_000})
    embedded.publish(
        upstream.account("RW-1", agreements=[upstream.agreement("SA-1", [bill], balance="9000"), credit]),
        upstream.account("RW-2"),
        upstream.request("WR-1", "RW-1", "RW-2"),
    )
    embedded.run()
    found = embedded.select("SELECT DISTINCT request_id, process_id IS NULL AS alone FROM todos")
    assert sorted((row["request_id"], bool(row["alone"])) for row in found) == [
        ("WR-1", False),
        ("WR-1", True),
    ]
    assert embedded.count("requests", "bulk") == 1
