"""A write-off is undone through real queues and databases: once, wholly, and as the contract shows (R25)."""

from datetime import date
from typing import Any

import pytest

from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_contract import after, assert_as_example, differences, one
from tests.support import upstream
from tests.support.outcome import Messages, kinds, rows, told
from tests.support.world import World

DECEMBER = date(2026, 12, 1)


def reversal(process_id: str, **data: Any) -> upstream.Event:
    return upstream.changed(upstream.example("write-off-reversal-requested"), process_id=process_id, **data)


def written_off(world: World, name: str = "write-off-requested.personal") -> str:
    """Write the contract's account off, and return the process."""
    started = one(after(world, name), "pulse.updates", "process-started")
    return str(started["data"]["process_id"])


def reversed_(world: World, process_id: str, **data: Any) -> Messages:
    world.set_date(DECEMBER)
    world.publish(reversal(process_id, **data))
    world.run()
    return world.read()


def test_every_completed_event_is_compensated_in_one_go(world: World) -> None:
    process_id = written_off(world)
    messages = reversed_(world, process_id)

    assert kinds(messages) == {
        "agency.KIGALI-RECOVERY": ["referral-cancelled"],
        "gl": ["journal-posted"],
        "letter": ["letter-correction-requested", "letter-correction-requested"],
        "to-do": ["todo-closed"],
        "pulse.updates": ["account-restored", "demerit-ended", "request-answered"],
    }
    assert_as_example(messages, "to-do", "todo-closed")
    assert_as_example(messages, "pulse.updates", "demerit-ended")
    person = upstream.expected("letter-correction-requested")["data"]["person"]
    assert_as_example(messages, "letter", "letter-correction-requested", person=person)
    restored = upstream.expected("account-restored")
    restored["data"]["service_agreements"][0]["balance"] = "10500"
    restored["data"]["recoveries_kept"] = "0"
    assert differences(restored, one(messages, "pulse.updates", "account-restored")) == []
    recalled = upstream.expected("referral-cancelled")
    recalled["data"]["history_sequence"] = 2
    assert differences(recalled, one(messages, "agency.KIGALI-RECOVERY", "referral-cancelled")) == []
    answer = one(messages, "pulse.updates", "request-answered")["data"]
    assert (answer["status"], answer["process_id"], answer["totals"]) == (
        "accepted",
        process_id,
        [{"currency": "RWF", "amount": "10500"}],
    )
    [account] = world.select("SELECT state, locked_by FROM accounts")
    assert account == {"state": "defaulted", "locked_by": None}
    assert world.count("buckets", "held_minor <> 0") == 0
    assert world.count("todos", "status = 'open'") == 0
    assert world.count("demerits", "ended_on IS NULL") == 0
    assert world.count("goods", "restored <> lost + returned") == 0
    assert world.count("agency_debt", "active_minor <> 0") == 0


def test_after_a_recovery_every_message_is_the_contracts_example(world: World) -> None:
    process_id = written_off(world)
    world.set_date(date(2026, 11, 20))
    world.publish(upstream.example("payment-received"))
    world.run()
    assert "journal-posted" in kinds(world.read())["gl"]

    messages = reversed_(world, process_id)

    assert_as_example(messages, "gl", "journal-posted", "journal-posted.reversal")
    assert_as_example(messages, "pulse.updates", "account-restored")
    assert_as_example(messages, "agency.KIGALI-RECOVERY", "referral-cancelled")
    answer = one(messages, "pulse.updates", "request-answered")["data"]
    assert answer["totals"] == [{"currency": "RWF", "amount": "8500"}]


def test_a_command_that_comes_twice_and_a_second_command_change_nothing(world: World) -> None:
    process_id = written_off(world)
    first = one(reversed_(world, process_id), "pulse.updates", "request-answered")["data"]
    before = rows(world)

    again = upstream.renamed(reversal(process_id, request_id="WV-2"), "another-message")
    world.publish(reversal(process_id), reversal(process_id), again)
    world.run()

    messages = world.read()
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [second] = told(messages, "pulse.updates")
    same = ("status", "process_id", "accepted", "totals", "command")
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    assert second["request_id"] == "WV-2"
    unlike = {"inbox", "business_keys", "messages_out"}
    assert {t: r for t, r in rows(world).items() if t not in unlike} == {
        t: r for t, r in before.items() if t not in unlike
    }


@pytest.mark.parametrize("nudges", ["never", "twice"])
def test_written_off_again_it_is_a_new_process_that_can_be_reversed_too(
    open_embedded: OpenWorld, nudges: str
) -> None:
    world = open_embedded(delivery=nudges)
    first = written_off(world)
    reversed_(world, first)
    again = upstream.changed(
        upstream.renamed(upstream.example("write-off-requested.personal"), "again"), request_id="WR-2"
    )
    world.publish(again)
    world.run()
    messages = world.read()
    second = one(messages, "pulse.updates", "process-started")["data"]["process_id"]
    assert second != first
    assert one(messages, "gl", "journal-posted")["data"]["total_debit"] == "10500"

    world.publish(upstream.renamed(reversal(second, request_id="WV-2"), "undo-again"))
    world.run()
    assert "account-restored" in kinds(world.read())["pulse.updates"]
    assert world.count("reversals") == 2
    assert world.count("journals") == 4


def test_a_repossession_is_undone_with_its_goods(embedded: World) -> None:
    process_id = written_off(embedded, "write-off-requested.repossession")
    journal = one(reversed_(embedded, process_id), "gl", "journal-posted")["data"]
    lines = [(line["side"], line["distribution_code"], line["amount"]) for line in journal["lines"]]
    assert lines == [
        ("debit", "RECEIVABLE", "10500"),
        ("credit", "REPOSSESSED-INVENTORY", "4000"),
        ("credit", "WRITE-OFF-EXPENSE", "5900"),
        ("credit", "VAT-PAYABLE", "480"),
        ("credit", "CITY-TAX-PAYABLE", "120"),
    ]


def test_an_active_process_ends_reversed(embedded: World) -> None:
    """The letter waits for its day when the write-off before it is undone."""
    world = embedded
    world.publish(upstream.example("account-updated"), upstream.example("write-off-requested.personal"))
    world.take()
    for kind in ("refer-to-agency", "affect-credit-rating", "write-off-distribution-code"):
        keys = [(row["process_id"], row["sequence"]) for row in _events(world, kind)]
        world.nudges.queue.clear()
        with world.database.begin() as tx:
            tx.connection.exec_driver_sql("DELETE FROM paused_kinds")
            for each in ("send-letter", "send-to-do"):
                tx.connection.exec_driver_sql(
                    "INSERT INTO paused_kinds (kind, reason, actor, paused_at)"
                    f" VALUES ('{each}', 'test', 'test', '2026-11-03T00:00:00.000000+00:00')"
                )
        world.actors.run_events(kind, keys)
    world.run()
    [process] = world.select("SELECT process_id, status FROM processes")
    assert process["status"] == "active"
    world.read()

    messages = reversed_(world, process["process_id"])
    ended = one(messages, "pulse.updates", "process-ended")["data"]
    assert ended["end_reason"] == "reversed"
    assert [event["status"] for event in ended["events"]] == ["complete"] * 3 + ["canceled"] * 2
    assert "letter" not in kinds(messages)
    [row] = world.select("SELECT status, end_reason FROM processes")
    assert row == {"status": "inactive", "end_reason": "reversed"}


def _events(world: World, kind: str) -> list[dict[str, Any]]:
    return world.select(f"SELECT process_id, sequence FROM events WHERE kind = '{kind}'")


@pytest.mark.parametrize(
    ("process_id", "account_id"),
    [
        ("no-uuid-at-all", "RW-100234"),
        ("4b0d7f0e-7c3e-5f0a-9d58-0a4f3c2e1b11", "RW-100234"),
        (None, "RW-OTHER"),
    ],
)
def test_a_process_that_is_not_of_the_account_is_refused(
    world: World, process_id: str | None, account_id: str
) -> None:
    known = written_off(world)
    world.publish(upstream.account("RW-OTHER"))
    world.run()
    messages = reversed_(world, process_id or known, account_id=account_id)
    assert kinds(messages) == {"pulse.updates": ["request-answered"]}
    [answer] = told(messages, "pulse.updates")
    assert (answer["status"], answer["refusal"]) == ("refused", "not-written-off")
    assert world.count("dead_letters") == 0
    assert world.count("reversals") == 0


def test_before_the_write_off_there_is_nothing_to_reverse(embedded: World) -> None:
    after(embedded, "repossession-failed")
    [process] = embedded.select("SELECT process_id FROM processes")
    embedded.publish(reversal(process["process_id"]))
    embedded.run()
    [answer] = told(embedded.read(), "pulse.updates", "request-answered")
    assert answer["refusal"] == "not-written-off"
    assert "Cancel it" in answer["message"]
    assert embedded.count("processes", "status = 'active'") == 1

    embedded.set_date(date(2027, 1, 2))
    embedded.run()
    embedded.publish(upstream.renamed(reversal(process["process_id"]), "the same, later"))
    embedded.run()
    [answer] = told(embedded.read(), "pulse.updates", "request-answered")
    assert answer["status"] == "accepted", "a refusal keeps no number"


def test_somebody_without_the_role_may_try_and_blocks_nobody(embedded: World) -> None:
    process_id = written_off(embedded)
    clerk = {"user_id": "u-9", "roles": ["back_office_management"]}
    embedded.publish(upstream.renamed(reversal(process_id, requested_by=clerk), "clerk"))
    embedded.run()
    [answer] = told(embedded.read(), "pulse.updates", "request-answered")
    assert answer["refusal"] == "not-authorised"

    answer = one(reversed_(embedded, process_id), "pulse.updates", "request-answered")["data"]
    assert answer["status"] == "accepted"
