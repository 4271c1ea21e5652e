"""Cancellations from the queue and the command line, and the race with the event that is running (R13)."""

from datetime import date
from typing import Any

import pytest

from messages.inbound import WriteOffCancelRequested
from messages.inbound.actor import Actor
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_concurrency import at_once, events, in_process, pause_before, runner
from tests.integration.flows.test_operators import AT
from tests.support import upstream
from tests.support.outcome import kinds, rows, told
from tests.support.world import World
from workers.events import executor as executing
from workers.intake import operators, step
from workers.intake.operators import Command, submit
from workers.sets.shelf import PolicyShelf

TODAY = date(2026, 11, 3)
#: Leads to the template whose write-off is two months away.
LATER = "product-not-found"


def cancel(number: str, account_id: str, **fields: Any) -> upstream.Event:
    data = {
        "request_id": number,
        "process_id": None,
        "account_id": account_id,
        "scope": "process",
        "requested_by": upstream.ADMIN,
        "reason": "customer found",
        **fields,
    }
    return upstream.event("pulse.write-off-cancel-requested.v1", data)


def begun(world: World) -> World:
    """Let an account's process begin, whose write-off is two months away, and its debt be referred."""
    world.publish(upstream.account("RW-1"), upstream.attempt("AT-1", "RW-1", LATER))
    world.run()
    world.read()
    return world


def test_a_cancellation_ends_the_process_and_tells_agency_and_pulse_once(world: World) -> None:
    message = cancel("WC-1", "RW-1")
    begun(world).publish(message, message)
    world.run()

    messages = world.read()
    agency = next(name for name in messages if name.startswith("agency.") and messages[name])
    assert kinds(messages) == {
        agency: ["referral-cancelled"],
        "pulse.updates": ["process-ended", "request-answered"],
    }
    [ended] = told(messages, "pulse.updates", "process-ended")
    assert (ended["end_reason"], ended["comments"]) == ("canceled", "customer found")
    assert {each["status"] for each in ended["events"]} == {"complete", "canceled"}
    [answer] = told(messages, "pulse.updates", "request-answered")
    assert (answer["status"], answer["command"]) == ("accepted", "write-off-cancel-requested")
    assert world.count("events", "due_on IS NOT NULL") == 0
    assert world.count("agency_debt", "active_minor <> 0") == 0
    before = rows(world)
    world.run_days(TODAY, 90, step=30)
    assert {table: each for table, each in rows(world).items() if table != "accounts"} == {
        table: each for table, each in before.items() if table != "accounts"
    }, "a canceled process never runs again"


def test_the_same_number_again_is_a_duplicate_and_with_other_words_a_conflict(world: World) -> None:
    begun(world).publish(cancel("WC-1", "RW-1"))
    world.run()
    world.read()
    again = upstream.renamed(cancel("WC-1", "RW-1"), "again")
    other = cancel("WC-1", "RW-1", reason="something else")
    world.publish(again, other)
    world.run()

    [answer] = told(world.read(), "pulse.updates", "request-answered")
    assert (answer["answers_message_id"], answer["refusal"]) == ("again", "duplicate-request")
    assert world.select("SELECT reason FROM dead_letters") == [{"reason": "conflicting-duplicate"}]


def test_a_refused_cancellation_keeps_no_number_and_may_come_again(world: World) -> None:
    world.publish(upstream.account("RW-1"), cancel("WC-1", "RW-1"))
    world.run()
    [answer] = told(world.read(), "pulse.updates", "request-answered")
    assert answer["refusal"] == "no-active-process"
    assert world.count("business_keys", "kind = 'request'") == 0

    begun(world).publish(upstream.renamed(cancel("WC-1", "RW-1"), "again"))
    world.run()
    [answer] = told(world.read(), "pulse.updates", "request-answered")
    assert (answer["status"], answer["refusal"]) == ("accepted", None)


def test_after_one_event_is_canceled_its_successor_runs_on_its_day(world: World) -> None:
    begun(world)
    world.publish(cancel("WC-1", "RW-1", scope="event", event_sequence=40))
    world.run()
    assert world.select("SELECT status, reason FROM events WHERE sequence = 40") == [
        {"status": "canceled", "reason": "customer found"}
    ]
    world.run_days(TODAY, 60, step=30)
    [process] = world.select("SELECT end_reason FROM processes")
    assert process["end_reason"] == "completed"
    assert world.count("journals") == 1
    assert world.count("referrals", "active") == 1, "the recall was what was canceled"


@pytest.mark.parametrize(
    ("by", "delayed"),
    [
        ("message", "the cancellation"),
        ("message", "the write-off"),
        ("operator", "neither"),
        ("operator", "the write-off"),
    ],
)
def test_a_cancellation_that_races_with_the_write_off_is_before_or_after_it(
    open_concurrent: OpenWorld, monkeypatch: pytest.MonkeyPatch, delayed: str, by: str
) -> None:
    accounts = [f"RW-{number}" for number in range(8)]
    world = in_process(open_concurrent(), dict.fromkeys(accounts, 1_000))
    for kind in ("refer-to-agency", "affect-credit-rating"):
        runner(world, kind, [events(world, kind)])()
    if delayed == "the cancellation":
        for module in (operators, step):
            pause_before(monkeypatch, module, "decide_messages")
    if delayed == "the write-off":
        pause_before(monkeypatch, executing, "apply")
    if by == "message":
        world.publish(*(cancel(f"WC-{each}", each) for each in accounts))

    def order() -> None:
        for each in accounts:
            data = WriteOffCancelRequested(
                request_id=f"WC-{each}",
                account_id=each,
                scope="process",
                requested_by=Actor(user_id="grace", roles=("admin",)),
                reason="customer found",
            )
            command = Command(user="grace", publisher="root", opco="RW", data=data, at=AT)
            submit(world.database, PolicyShelf(), [command])

    kind = "write-off-distribution-code"
    keys = events(world, kind)
    executor = runner(world, kind, [[key] for key in reversed(keys)])
    at_once(world.take if by == "message" else order, executor, runner(world, kind, [keys]))

    found = world.select(
        "SELECT p.end_reason, a.state, a.locked_by, i.state AS message, i.refusal, "
        "(SELECT count(*) FROM journals j WHERE j.process_id = p.process_id) AS journals, "
        "(SELECT count(*) FROM events e "
        " WHERE e.process_id = p.process_id AND e.status = 'canceled') AS canceled, "
        "(SELECT r.active FROM referrals r WHERE r.process_id = p.process_id) AS referred "
        "FROM processes p JOIN accounts a ON a.account_id = p.account_id "
        "JOIN inbox i ON i.account_id = p.account_id AND i.type = 'pulse.write-off-cancel-requested.v1'"
    )
    assert len(found) == len(accounts)
    for row in found:
        if row.pop("locked_by") is None:
            assert row == {
                "end_reason": "canceled",
                "state": "defaulted",
                "message": "done",
                "refusal": None,
                "journals": 0,
                "canceled": 3,
                "referred": False,
            }
        else:
            assert row == {
                "end_reason": None,
                "state": "inactive",
                "message": "refused",
                "refusal": "use-reversal",
                "journals": 1,
                "canceled": 0,
                "referred": True,
            }
