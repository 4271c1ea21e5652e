"""Agencies reply, consumers acknowledge: what is stored, who is told, and that nothing is lost (R9, R26)."""

from collections import Counter
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from handlers import intake
from handlers.kinds.intake_kind import IntakeKind, Prepared
from operations.explain.telling import tell
from operations.views.referral import referrals_of
from store.ledger import enforced
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_concurrency import at_once
from tests.support import policies, upstream
from tests.support.outcome import kinds, told
from tests.support.upstream import Event
from tests.support.world import World
from workers.intake import step
from workers.intake.step import Intake
from writeoff.decision import Apply

START = date(2026, 11, 3)
FIRST, SECOND = "KIGALI-RECOVERY", "VOLCANO-CREDIT"
#: One more agency, the first by code.
THIRD = ("[agencies.VOLCANO-CREDIT]", '[agencies.ALPHA]\nname = "Alpha"\n\n[agencies.VOLCANO-CREDIT]')


def replied(referral_id: str, agency: str, reply: str, **fields: Any) -> Event:
    """Return an agency's reply."""
    data = {"referral_id": referral_id, "agency": agency, "reply": reply, **fields}
    return upstream.event("agency.referral-replied.v1", data, source=f"/agency/{agency}")


def acknowledged(message_id: str, consumer: str, status: str, **fields: Any) -> Event:
    """Return a consumer's acknowledgement."""
    data = {"message_id": message_id, "consumer": consumer, "status": status, **fields}
    return upstream.event("consumer.message-acknowledged.v1", data, source=f"/{consumer}/rw")


def referrals(world: World) -> list[dict[str, Any]]:
    return world.select("SELECT * FROM referrals ORDER BY account_id, ordinal")


def totals(world: World) -> dict[str, int]:
    rows = world.select("SELECT agency, active_minor FROM agency_debt WHERE opco = 'RW'")
    return {row["agency"]: row["active_minor"] for row in rows}


def states(world: World, type_name: str) -> Counter[tuple[str, str | None]]:
    rows = world.select(f"SELECT state, refusal FROM inbox WHERE type = '{type_name}'")
    return Counter((row["state"], row["refusal"]) for row in rows)


def test_the_life_of_a_referral_is_in_its_history_and_the_replies_are_beside_it(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.attempt("A-1", "RW-1", "product-not-found"))
    world.run()
    [referral] = referrals(world)
    referral_id = referral["referral_id"]
    world.publish(
        replied(referral_id, FIRST, "accepted", agency_reference="KR-1"),
        replied(referral_id, FIRST, "part-paid", amount="2000"),
    )
    world.run()
    world.publish(upstream.payment("PAY-1", "RW-1", 2_000))
    world.run()
    world.publish(upstream.payment("PAY-2", "RW-1", 8_500), replied(referral_id, FIRST, "paid"))
    world.run()

    history = world.select("SELECT * FROM referral_history ORDER BY sequence")
    assert [(row["sequence"], row["history_reason"], row["amount_minor"]) for row in history] == [
        (1, "initial", 10_500),
        (2, "change", 8_500),
        (3, "paid", 0),
    ]
    said = world.select("SELECT * FROM referral_replies ORDER BY sequence")
    assert Counter(row["reply"] for row in said) == {"accepted": 1, "part-paid": 1, "paid": 1}
    assert [row["sequence"] for row in said] == [1, 2, 3]
    [referral] = referrals(world)
    assert (referral["end_reason"], referral["replies"], referral["history_sequence"]) == ("paid", 3, 3)
    sent = [message["data"]["history_sequence"] for message in world.read()[f"agency.{FIRST}"]]
    assert sent == [1, 2, 3]
    with world.database.read() as tx:
        [shown] = referrals_of(tx, [str(referral["process_id"])])[str(referral["process_id"])]
        story = tell(tx, str(referral_id))
    assert [(each.reply, each.amount) for each in shown.replies if each.amount] == [("part-paid", "2000")]
    assert (shown.end_reason, [each.sequence for each in shown.history]) == ("paid", [1, 2, 3])
    assert story is not None
    assert {each.what for each in story.caused} >= {"history 3", "reply 1", "reply 2", "reply 3"}
    assert totals(world) == {FIRST: 0, SECOND: 0}


def test_rejected_debts_are_spread_by_the_rule_within_one_set(open_world: OpenWorld, tmp_path: Path) -> None:
    world = open_world(policy_dir=policies.folder(tmp_path / "policies", THIRD))
    accounts = [f"RW-{number}" for number in range(1, 7)]
    world.publish(*(upstream.account(each) for each in accounts), upstream.request("WR-1", *accounts))
    world.run()
    world.read()
    of_alpha = [row for row in referrals(world) if row["agency"] == "ALPHA"]
    assert len(of_alpha) == 2
    world.publish(*(replied(row["referral_id"], "ALPHA", "rejected") for row in of_alpha))
    world.take()
    active = Counter(row["agency"] for row in referrals(world) if row["active"])
    assert active == {FIRST: 3, SECOND: 3}
    assert totals(world) == {"ALPHA": 0, FIRST: 31_500, SECOND: 31_500}
    world.run()
    messages = world.read()
    assert kinds(messages) == {
        f"agency.{FIRST}": ["referral-placed"],
        f"agency.{SECOND}": ["referral-placed"],
    }
    with world.database.read() as tx:
        assert enforced.now(tx, "RW") == {
            ("RW", "RWF", FIRST): (3, 31_500),
            ("RW", "RWF", SECOND): (3, 31_500),
        }


def test_what_is_rejected_while_the_customer_is_believed_waits_for_its_next_agency(world: World) -> None:
    promise = {"promised_to_pay_on": "2026-11-10", "attempted_at": "2026-11-03T13:40:00Z"}
    world.publish(upstream.account("RW-1"), upstream.attempt("A-1", "RW-1", "product-not-found"))
    world.run()
    world.publish(upstream.attempt("A-2", "RW-1", "promised-to-pay", **promise))
    world.run()
    world.publish(replied(referrals(world)[0]["referral_id"], FIRST, "rejected"))
    world.run()
    world.set_date(date(2026, 11, 12))
    world.run()
    assert [(row["agency"], row["active"]) for row in referrals(world)] == [(FIRST, False)]
    world.set_date(date(2026, 11, 13))
    world.run()
    assert [(row["agency"], bool(row["active"])) for row in referrals(world)] == [
        (FIRST, False),
        (SECOND, True),
    ]
    assert totals(world) == {FIRST: 0, SECOND: 10_500}
    assert world.count("timers") == 0


def test_rejected_debts_are_spread_however_many_intakes_hear_of_them(
    open_concurrent: OpenWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = open_concurrent(policy_dir=policies.folder(tmp_path / "policies", THIRD))
    accounts = [f"RW-{number:02}" for number in range(30)]
    world.publish(*(upstream.account(each, owed=1_000) for each in accounts))
    world.publish(upstream.request("WR-1", *accounts))
    world.run()
    of_alpha = [row for row in referrals(world) if row["agency"] == "ALPHA"]
    assert len(of_alpha) == 10
    monkeypatch.setattr(step, "MESSAGES_A_SET", 2)
    intakes = [world.parts.intake() for _ in range(3)]
    for each in intakes:
        each.step()
    world.publish(*(replied(row["referral_id"], "ALPHA", "rejected") for row in of_alpha))
    at_once(*(partial(until_nothing_comes, each) for each in intakes))
    assert totals(world) == {"ALPHA": 0, FIRST: 15_000, SECOND: 15_000}
    active = Counter(row["agency"] for row in referrals(world) if row["active"])
    assert active == {FIRST: 15, SECOND: 15}
    for each in intakes:
        each.close()


def until_nothing_comes(intake_role: Intake) -> None:
    while intake_role._take(0.2).done:
        pass


def test_what_is_not_the_agency_s_to_say_changes_nothing_and_is_not_lost(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    [before] = referrals(world)
    world.read()
    forged = replied(before["referral_id"], FIRST, "rejected") | {"source": f"/agency/{SECOND}"}
    world.publish(
        replied("8f1d0a52-1c8b-5d8e-9a6e-2f4f4c3b2a10", FIRST, "rejected"),
        replied("no id of ours", FIRST, "rejected"),
        replied(before["referral_id"], SECOND, "rejected"),
        forged,
    )
    world.run()
    assert referrals(world) == [before]
    assert states(world, "agency.referral-replied.v1") == {
        ("refused", "unknown-referral"): 2,
        ("refused", "not-its-referral"): 1,
    }
    assert world.select("SELECT reason, path FROM dead_letters") == [
        {"reason": "malformed-field", "path": "source"}
    ]
    messages = world.read()
    assert [each["todo_type"] for each in told(messages, "to-do")] == ["AGENCY-REPLY"] * 3


def waiting_world(open_world: OpenWorld, tmp_path: Path) -> World:
    """Return a world in which a write-off waits since day 60 for the agency to acknowledge the recall."""
    waits = (
        '{ sequence = 50, event_type = "WRITE-OFF", days = 60 },',
        '{ sequence = 50, event_type = "WRITE-OFF", days = 60, recall_wait_hours = 48 },',
    )
    world = open_world(policy_dir=policies.folder(tmp_path / "policies", waits))
    world.publish(upstream.account("RW-1"), upstream.attempt("A-1", "RW-1", "product-not-found"))
    world.run()
    world.set_date(START + timedelta(days=60))
    world.run()
    [event] = world.select("SELECT * FROM events WHERE sequence = 50")
    assert (event["status"], event["due_on"]) == ("pending", None)
    assert event["reason"] == "awaits-recall-acknowledgement"
    assert world.count("journals") == 0
    return world


def written_off(world: World) -> bool:
    [event] = world.select("SELECT status, reason FROM events WHERE sequence = 50")
    return bool(event["status"] == "complete" and world.count("journals") == 1)


def test_a_write_off_waits_for_the_agency_to_stop(open_world: OpenWorld, tmp_path: Path) -> None:
    world = waiting_world(open_world, tmp_path)
    [referral] = referrals(world)
    assert (referral["active"], referral["end_reason"]) == (False, "cancellation")
    stopped = replied(referral["referral_id"], FIRST, "recall-acknowledged")
    world.publish(stopped, stopped)
    world.run()
    assert written_off(world)
    assert world.count("timers", "kind = 'recall'") == 0
    world.age(3 * 24 * 3600)
    world.run()
    assert written_off(world)
    assert world.count("todos", "todo_type = 'RECALL-MISSING'") == 0


def test_an_agency_that_does_not_stop_in_time_is_a_task_until_it_does(
    open_world: OpenWorld, tmp_path: Path
) -> None:
    world = waiting_world(open_world, tmp_path)
    world.age(47 * 3600)
    world.run()
    assert world.count("todos", "todo_type = 'RECALL-MISSING'") == 0
    world.age(2 * 3600)
    world.run()
    world.run()
    assert world.count("todos", "todo_type = 'RECALL-MISSING'") == 1
    [event] = world.select("SELECT status, reason FROM events WHERE sequence = 50")
    assert event == {"status": "failed", "reason": "recall-not-acknowledged"}
    world.publish(replied(referrals(world)[0]["referral_id"], FIRST, "recall-acknowledged"))
    world.run()
    assert written_off(world)


def test_consumers_acknowledge_and_reject(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    messages = world.read()
    [journal], [letter], [todo] = messages["gl"], messages["letter"], messages["to-do"]
    good = acknowledged(journal["id"], "gl", "accepted", reference="JV-1")
    world.publish(
        good,
        good,
        upstream.renamed(good, "the same said again"),
        acknowledged(letter["id"], "letter", "rejected", reason="no address"),
        acknowledged(todo["id"], "gl", "accepted"),
        acknowledged("5c0e9a4e-7a39-5a41-8f55-6b8fd1f0a001", "gl", "accepted"),
        acknowledged("no id of ours", "letter", "rejected"),
    )
    world.run()
    stored = world.select("SELECT * FROM acknowledgements ORDER BY consumer")
    assert [(row["message_id"], row["consumer"], row["status"], row["reference"]) for row in stored] == [
        (journal["id"], "gl", "accepted", "JV-1"),
        (letter["id"], "letter", "rejected", None),
    ]
    assert states(world, "consumer.message-acknowledged.v1") == {
        ("done", None): 3,
        ("refused", "wrong-consumer"): 1,
        ("refused", "unknown-message"): 2,
    }
    again = world.read()
    assert kinds(again) == {"to-do": ["todo-created"]}
    [task] = told(again, "to-do")
    assert (task["todo_type"], task["account_id"], task["request_id"]) == ("MESSAGE-REJECTED", "RW-1", "WR-1")
    assert task["message"].startswith(
        f"letter rejected writeoff.letter-requested.v1 {letter['id']}: no address."
    )


def test_two_words_of_one_set_are_heard_one_after_the_other(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    [journal] = world.read()["gl"]
    said = [acknowledged(journal["id"], "gl", status) for status in ("rejected", "accepted")]
    later = {"time": "2026-11-03T09:00:00Z"}
    world.publish(said[0], said[1] | later)
    world.run()
    assert world.select("SELECT status FROM acknowledgements") == [{"status": "accepted"}]
    assert world.count("todos", "todo_type = 'MESSAGE-REJECTED'") <= 1


def test_a_message_of_an_earlier_month_is_found(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    [letter] = world.read()["letter"]
    with world.database.begin() as tx:
        written = tx.now.date() - timedelta(days=40)
        tx.connection.exec_driver_sql(
            f"UPDATE messages_out SET created_on = '{written}' WHERE message_id = '{letter['id']}'"
        )
    world.publish(acknowledged(letter["id"], "letter", "accepted"))
    world.run()
    assert world.count("acknowledgements") == 1


def _older_version(type_name: str) -> IntakeKind:
    """Return how a version that could not decide a type yet took it: as it was, without a timer."""
    return IntakeKind(
        type_name=type_name,
        prepare=lambda envelope, _data, _policy: Prepared(command=None, actor=envelope.source),
        decide=lambda _command, _case, _final: Apply(facts=()),
    )


def test_what_an_older_version_kept_is_decided_by_this_one(
    open_world: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = open_world()
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    [journal] = world.read()["gl"]
    [referral] = referrals(world)
    types = ("agency.referral-replied.v1", "consumer.message-acknowledged.v1")
    with monkeypatch.context() as older:
        old = {**intake.kinds(), **{name: _older_version(name) for name in types}}
        older.setattr(intake, "kinds", lambda: old)
        world.publish(
            replied(referral["referral_id"], FIRST, "rejected"),
            replied(referral["referral_id"], FIRST, "accepted") | {"source": "/agency/somebody-else"},
            acknowledged(journal["id"], "gl", "accepted"),
        )
        world.run()
    with world.database.begin() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE inbox SET state = 'waiting', decided_at = NULL "
            "WHERE type IN ('agency.referral-replied.v1', 'consumer.message-acknowledged.v1')"
        )
    assert world.count("inbox", "state = 'waiting'") == 3
    assert [row["agency"] for row in referrals(world)] == [FIRST]

    world.close()
    newer = open_world()
    newer.age(60)  # the older one's lease
    newer.run()
    assert [(row["agency"], row["end_reason"]) for row in referrals(newer)] == [
        (FIRST, "rejected"),
        (SECOND, None),
    ]
    assert newer.count("acknowledgements") == 1
    assert states(newer, types[0]) == {("done", None): 1, ("refused", "malformed-field"): 1}
    assert newer.count("inbox", "state = 'waiting'") == 0
    assert newer.count("timers") == 0
