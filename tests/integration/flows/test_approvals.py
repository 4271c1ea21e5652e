"""Requests that wait for approval: nothing happens before, and R2 holds again afterwards (R5)."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from messages.inbound import WriteOffDecided
from messages.inbound.actor import Actor
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_concurrency import at_once
from tests.integration.flows.test_operators import AT
from tests.support import upstream
from tests.support.outcome import kinds, rows, told
from tests.support.policies import shipped
from tests.support.world import World
from workers.intake.operators import Command, submit
from workers.sets.shelf import PolicyShelf

TODAY = date(2026, 11, 3)
#: From 10,000 one of `admin` decides, from 30,000 the finance director.
RULES = """
[[approvals]]
priority = 10
amount_from = "30000"
roles = ["finance_director"]

[[approvals]]
priority = 20
amount_from = "10000"
"""
ROSE = {"user_id": "u-009", "name": "Mukamana Rose", "roles": ["admin"]}
DIRECTOR = {"user_id": "u-100", "roles": ["finance_director"]}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "RW.toml").write_text(shipped("RW") + RULES, "utf-8")
    return folder


@pytest.fixture
def strict(open_embedded: OpenWorld, rules: Path) -> World:
    """A world whose policy wants approval, on SQLite."""
    return open_embedded(policy_dir=rules)


@pytest.fixture
def strict_anywhere(open_world: OpenWorld, rules: Path) -> World:
    """The same on each database."""
    return open_world(policy_dir=rules)


def decided(number: str, decision: str = "approved", **fields: Any) -> upstream.Event:
    data = {
        "request_id": number,
        "decision": decision,
        "decided_by": ROSE,
        "reason": "checked against the default list",
        "plan_digest": None,
        **fields,
    }
    return upstream.event("pulse.write-off-decided.v1", data)


def answers(world: World, command: str | None = None) -> list[dict[str, Any]]:
    found = told(world.read(), "pulse.updates", "request-answered")
    return [each for each in found if command in {None, each["command"]}]


def test_nothing_happens_before_approval_and_everything_after_it(strict_anywhere: World) -> None:
    strict = strict_anywhere
    request = upstream.example("write-off-requested.personal")
    strict.publish(upstream.example("account-updated"), request)
    strict.run()
    messages = strict.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [answer] = told(messages, "pulse.updates")
    assert (answer["status"], answer["revision"], answer["process_id"]) == ("awaiting-approval", 1, None)
    assert (strict.count("processes"), strict.count("request_items", "state = 'awaiting'")) == (0, 1)

    message = decided(request["data"]["request_id"])
    strict.publish(message, message)
    strict.run()
    messages = strict.read()
    assert {"gl", "letter", "to-do", "pulse.updates"} <= kinds(messages).keys()
    of_request, of_decision = (
        next(
            each for each in told(messages, "pulse.updates", "request-answered") if each["command"] == command
        )
        for command in ("write-off-requested", "write-off-decided")
    )
    assert of_request["answers_message_id"] == request["id"]
    assert (of_request["status"], of_request["revision"], of_request["accepted"]) == ("accepted", 2, 1)
    assert of_request["totals"] == [{"currency": "RWF", "amount": "10500"}]
    assert (of_decision["status"], of_decision["answers_message_id"]) == ("accepted", message["id"])
    [process] = strict.select("SELECT end_reason, actor FROM processes")
    assert process["end_reason"] == "completed"


def test_the_contracts_bulk_request_is_answered_as_the_contract_shows_once_it_is_approved(
    strict: World,
) -> None:
    request = upstream.example("write-off-requested.bulk")
    accounts = [each["account_id"] for each in request["data"]["accounts"]]
    known = upstream.example("account-updated")
    second = upstream.changed(upstream.renamed(known, "second"), account_id=accounts[1])
    strict.publish(known, second, request)
    strict.run()
    assert answers(strict) == [], "one account is not known yet, and the total neither"
    strict.age(60)
    strict.run()
    [waiting] = answers(strict)
    assert (waiting["status"], waiting["revision"], waiting["bulk"]) == ("awaiting-approval", 1, True)
    assert [each["reason"] for each in waiting["refusals"]] == ["account-not-found"]
    assert strict.count("processes") == 0

    strict.publish(upstream.example("write-off-decided"))
    strict.run()
    [answer] = answers(strict, "write-off-requested")
    expected = upstream.expected("request-answered")["data"]
    assert answer | {"plan_digest": None} == expected | {"plan_digest": None}
    assert strict.count("processes", "bulk") == 2


def test_a_refused_request_ends_with_its_reason_and_without_effect(strict_anywhere: World) -> None:
    strict = strict_anywhere
    strict.publish(upstream.account("RW-1"), upstream.account("RW-2"))
    strict.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    strict.run()
    strict.read()
    strict.publish(decided("WR-1", "refused", reason="too early for RW-2"))
    strict.run()
    of_request, of_decision = sorted(answers(strict), key=lambda each: each["command"], reverse=True)
    assert of_request["command"] == "write-off-requested"
    assert (of_request["status"], of_request["refusal"]) == ("refused", "approval-refused")
    assert (of_request["revision"], of_request["message"]) == (2, "u-009 refused it: too early for RW-2")
    assert (of_decision["status"], of_decision["refusal"]) == ("accepted", None)
    assert strict.count("processes") == 0
    assert strict.count("request_items", "refusal = 'approval-refused'") == 2
    strict.publish(upstream.request("WR-2", "RW-1"))
    strict.run()
    [again] = answers(strict)
    assert again["status"] == "awaiting-approval", "the account may be asked for again"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"decided_by": upstream.ADMIN}, "own-request"),
        ({"decided_by": {"user_id": "u-7", "roles": ["call_centre"]}}, "not-authorised"),
        ({"decided_by": DIRECTOR}, "not-authorised"),
        ({"request_id": "WR-9"}, "unknown-request"),
        ({"plan_digest": "0" * 64}, "plan-changed"),
    ],
)
def test_a_decision_that_may_not_be_taken_changes_nothing_and_blocks_nobody(
    strict: World, change: dict[str, Any], refusal: str
) -> None:
    strict.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    strict.run()
    strict.read()
    before = rows(strict)
    strict.publish(decided("WR-1", **change))
    strict.run()
    [answer] = answers(strict)
    assert (answer["status"], answer["refusal"]) == ("refused", refusal)
    unlike = {"inbox", "messages_out"}
    assert {t: r for t, r in rows(strict).items() if t not in unlike} == {
        t: r for t, r in before.items() if t not in unlike
    }
    strict.publish(decided("WR-1"))
    strict.run()
    assert [each["status"] for each in answers(strict)] == ["accepted", "accepted"]


def test_a_decision_taken_is_not_taken_again(strict: World) -> None:
    strict.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    strict.run()
    strict.publish(decided("WR-1"))
    strict.run()
    strict.read()
    strict.publish(upstream.renamed(decided("WR-1"), "again"), decided("WR-1", "refused", reason="no"))
    strict.run()
    [answer] = answers(strict)
    assert (answer["answers_message_id"], answer["refusal"]) == ("again", "duplicate-request")
    assert strict.select("SELECT reason FROM dead_letters") == [{"reason": "conflicting-duplicate"}]
    assert strict.select("SELECT state FROM approvals") == [{"state": "approved"}]


def test_request_and_decisions_that_come_together_are_decided_in_their_order(strict: World) -> None:
    own = decided("WR-1", decided_by=upstream.ADMIN)
    strict.publish(own, decided("WR-1"), upstream.request("WR-1", "RW-1"), upstream.account("RW-1"))
    strict.publish(upstream.account("RW-1"))
    strict.run()
    found = answers(strict)
    assert {each["refusal"] for each in found if each["command"] == "write-off-decided"} <= {
        None,
        "own-request",
        "unknown-request",
    }
    assert strict.count("dead_letters") == 0


def test_what_is_eligible_is_looked_at_again_when_it_is_approved(strict: World) -> None:
    strict.publish(*(upstream.account(each) for each in ("RW-1", "RW-2")))
    strict.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    strict.run()
    strict.read()
    strict.publish(upstream.payment("PAY-1", "RW-1", 10_500))
    strict.run()
    strict.publish(decided("WR-1"))
    strict.run()
    [answer] = answers(strict, "write-off-requested")
    assert (answer["status"], answer["revision"], answer["accepted"]) == ("accepted-in-part", 2, 1)
    assert [(each["account_id"], each["reason"]) for each in answer["refusals"]] == [("RW-1", "no-debt")]


def test_the_total_of_a_bulk_request_says_who_decides(strict_anywhere: World) -> None:
    strict = strict_anywhere
    accounts = [f"RW-{number}" for number in range(3)]
    strict.publish(*(upstream.account(each) for each in accounts))
    strict.publish(upstream.request("WR-1", *accounts))
    strict.run()
    strict.read()
    assert strict.select("SELECT state, total_minor, roles FROM approvals") == [
        {"state": "awaiting", "total_minor": 31_500, "roles": "finance_director"}
    ]
    strict.publish(decided("WR-1"))
    strict.run()
    [answer] = answers(strict)
    assert (answer["refusal"], strict.count("processes")) == ("not-authorised", 0)
    strict.publish(decided("WR-1", decided_by=DIRECTOR))
    strict.run()
    assert strict.count("processes") == 3


def test_a_bulk_request_below_every_band_goes_on_by_itself_and_is_answered_once(strict: World) -> None:
    strict.publish(*(upstream.account(each, owed=2_000) for each in ("RW-1", "RW-2")))
    strict.publish(upstream.request("WR-1", "RW-1", "RW-2", "RW-1"))
    strict.run()
    [answer] = answers(strict)
    assert (answer["status"], answer["revision"], answer["accepted"]) == ("accepted-in-part", 1, 2)
    assert strict.select("SELECT state, total_minor FROM approvals") == [
        {"state": "not-needed", "total_minor": 4_000}
    ]


def test_a_request_of_which_nothing_can_be_written_off_is_refused_and_asks_nobody(strict: World) -> None:
    strict.publish(*(upstream.account(each, owed=0) for each in ("RW-1", "RW-2")))
    strict.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    strict.run()
    [answer] = answers(strict)
    assert (answer["status"], answer["refused"]) == ("refused", 2)


def test_an_automatic_request_waits_for_approval_too(strict: World) -> None:
    strict.publish(upstream.account("RW-1"), upstream.attempt("AT-1", "RW-1", "product-not-found"))
    strict.run()
    [answer] = answers(strict)
    assert (answer["request_id"], answer["status"]) == ("AUTO-AT-1", "awaiting-approval")
    assert strict.count("processes") == 0
    strict.publish(decided("AUTO-AT-1"))
    strict.run()
    [answer] = answers(strict, "repossession-failed")
    assert (answer["status"], answer["revision"], answer["origin"]) == ("accepted", 2, "repossession-failed")
    [process] = strict.select("SELECT origin, template, request_id FROM processes")
    assert process == {"origin": "repossession-failed", "template": "residential", "request_id": "AUTO-AT-1"}


def test_while_an_automatic_request_awaits_approval_further_visits_ask_for_nothing(strict: World) -> None:
    strict.publish(upstream.account("RW-1"), upstream.attempt("AT-1", "RW-1", "product-not-found"))
    strict.run()
    strict.publish(upstream.attempt("AT-2", "RW-1", "product-not-found"))
    strict.run()
    assert [each["request_id"] for each in answers(strict)] == ["AUTO-AT-1"]
    strict.publish(decided("AUTO-AT-1", "refused", reason="visit once more"))
    strict.run()
    strict.publish(upstream.attempt("AT-3", "RW-1", "product-not-found"))
    strict.run()
    asked = [each["request_id"] for each in answers(strict, "repossession-failed")]
    assert asked == ["AUTO-AT-1", "AUTO-AT-3"]


def test_an_approved_override_writes_off_a_held_account(embedded: World) -> None:
    world = embedded
    promise = upstream.attempt("AT-1", "RW-1", "promised-to-pay", promised_to_pay_on="2026-11-20")
    world.publish(upstream.account("RW-1"), promise)
    world.run()
    world.publish(upstream.request("WR-1", "RW-1"), upstream.request("WR-2", "RW-1", override_hold=True))
    world.run()
    refused, waits = sorted(answers(world), key=lambda each: each["request_id"])
    assert [each["reason"] for each in refused["refusals"]] == ["on-hold"]
    assert waits["status"] == "awaiting-approval"
    world.publish(decided("WR-2"))
    world.run()
    [answer] = answers(world, "write-off-requested")
    assert answer["status"] == "accepted"
    assert world.count("journals") == 1
    assert world.count("timers", "kind = 'hold-end'") == 0


def test_an_event_whose_debt_rose_beyond_its_approval_fails_and_somebody_is_told(strict: World) -> None:
    strict.publish(upstream.account("RW-1"), upstream.attempt("AT-1", "RW-1", "product-not-found"))
    strict.run()
    strict.publish(decided("AUTO-AT-1"))
    strict.run()
    strict.read()
    assert strict.count("events", "status = 'complete'") == 3
    strict.publish(upstream.account("RW-1", owed=40_000, version=2))
    strict.run_days(TODAY, 60, step=60)
    [failed] = strict.select("SELECT reason, detail FROM events WHERE status = 'failed'")
    assert failed["reason"] == "approval-exceeded"
    assert failed["detail"].endswith("needs approval by one of finance_director")
    assert "approval-exceeded" in told(strict.read(), "to-do", "todo-created")[0]["message"]
    assert strict.count("journals") == 0


def test_a_debt_that_rose_before_it_was_approved_is_not_written_off_either(strict: World) -> None:
    strict.publish(*(upstream.account(each) for each in ("RW-1", "RW-2")))
    strict.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    strict.run()
    strict.publish(upstream.account("RW-1", owed=40_000, version=2))
    strict.run()
    strict.publish(decided("WR-1"))
    strict.run()
    found = strict.select("SELECT account_id, approved_minor, amount_minor, status FROM processes ORDER BY 1")
    assert found == [
        {"account_id": "RW-1", "approved_minor": 10_500, "amount_minor": 40_000, "status": "active"},
        {"account_id": "RW-2", "approved_minor": None, "amount_minor": 10_500, "status": "inactive"},
    ]
    assert strict.select("SELECT account_id, reason FROM events WHERE status = 'failed'") == [
        {"account_id": "RW-1", "reason": "approval-exceeded"}
    ]


def test_of_two_who_decide_at_once_one_decides(open_concurrent: OpenWorld, rules: Path) -> None:
    world = open_concurrent(policy_dir=rules)
    numbers = [f"WR-{number}" for number in range(6)]
    world.publish(*(upstream.account(f"RW-{number}") for number in numbers))
    world.publish(*(upstream.request(number, f"RW-{number}") for number in numbers))
    world.run()
    outcomes: list[str | None] = []

    def orders(user: str, decision: Literal["approved", "refused"]) -> Callable[[], None]:
        def run() -> None:
            for number in numbers:
                data = WriteOffDecided(
                    request_id=number,
                    decision=decision,
                    decided_by=Actor(user_id=user, roles=("admin",)),
                    reason="looked at",
                )
                command = Command(user=user, publisher="root", opco="RW", data=data, at=AT)
                outcomes.append(submit(world.database, PolicyShelf(), [command])[0].refusal)

        return run

    at_once(orders("rose", "approved"), orders("anna", "refused"))
    assert sorted(map(str, outcomes)) == ["None"] * 6 + ["duplicate-request"] * 6
    world.run()
    found = world.select(
        "SELECT a.state, i.state AS item, "
        "(SELECT count(*) FROM processes p WHERE p.request_id = a.request_id) AS n "
        "FROM approvals a JOIN request_items i ON i.request_id = a.request_id"
    )
    assert len(found) == len(numbers)
    for row in found:
        approved = row["state"] == "approved"
        assert (row["item"], row["n"]) == (("accepted", 1) if approved else ("refused", 0))


@pytest.mark.parametrize("delivery", ["never", "twice"])
def test_lost_and_repeated_hints_change_nothing(open_embedded: OpenWorld, rules: Path, delivery: str) -> None:
    world = open_embedded(policy_dir=rules, delivery=delivery)
    world.publish(*(upstream.account(each) for each in ("RW-1", "RW-2")))
    world.publish(upstream.request("WR-1", "RW-1", "RW-2"))
    world.run()
    world.publish(decided("WR-1"), upstream.renamed(decided("WR-1"), "again"))
    world.run()
    found = answers(world, "write-off-requested")
    assert [(each["revision"], each["status"]) for each in found] == [
        (1, "awaiting-approval"),
        (2, "accepted"),
    ]
    assert world.count("journals") == 2
