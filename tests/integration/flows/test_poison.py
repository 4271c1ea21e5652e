"""What no decision survives: it ends up alone, somebody is told, and the others go on."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from handlers.intake import payment_received
from store import crash_points
from store.reading import accounts as account_reading
from tests.integration.flows.conftest import OpenWorld
from tests.support import upstream
from tests.support.outcome import told
from tests.support.world import DEAD_LETTERS, World
from workers.events import executor
from workers.events.executor import MAX_ATTEMPTS
from workers.scheduling.scheduler import RUNNING_LEASE_SECONDS
from workers.sets import effects
from writeoff.account import Standing
from writeoff.facts import Fact

ACCOUNTS = [f"RW-{number}" for number in range(7)]
POISON = "RW-3"

Break = Callable[[pytest.MonkeyPatch], None]


def break_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision of one account's event raises."""
    run = executor.run

    def broken(case: Any) -> Any:
        if case.cause.account_id == POISON and case.event.kind == "send-letter":
            raise ZeroDivisionError
        return run(case)

    monkeypatch.setattr(executor, "run", broken)


def break_projection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telling of what one account's event did raises, when everything is decided."""
    project = effects.project

    def broken(facts: list[Fact]) -> Any:
        if any(f.cause.account_id == POISON and type(f).__name__ == "ContactRecorded" for f in facts):
            raise ZeroDivisionError
        return project(facts)

    monkeypatch.setattr(effects, "project", broken)


def break_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading one account's persons raises, before anything is decided."""
    people = account_reading.people

    def broken(tx: Any, keys: Any) -> Any:
        wanted = set(keys)
        if ("RW", POISON) in wanted:
            raise ZeroDivisionError
        return people(tx, wanted)

    monkeypatch.setattr(account_reading, "people", broken)


def started(world: World) -> World:
    """Publish accounts whose template ends in a letter and a to-do, without referral."""
    world.publish(*(upstream.account(account_id) for account_id in ACCOUNTS))
    world.take()
    world.publish(*(upstream.request(f"WR-{each}", each, disposition="opt_out") for each in ACCOUNTS))
    world.take()
    return world


@pytest.mark.parametrize("poison", [break_decision, break_projection, break_reading])
def test_a_poisonous_event_ends_up_failed_with_a_to_do_and_the_others_complete(
    world: World, monkeypatch: pytest.MonkeyPatch, poison: Break
) -> None:
    poison(monkeypatch)
    started(world).run()

    ended = world.select(
        "SELECT account_id FROM processes WHERE end_reason = 'completed' ORDER BY account_id"
    )
    assert [row["account_id"] for row in ended] == [each for each in ACCOUNTS if each != POISON]
    events = world.select(
        "SELECT e.kind, e.status, e.reason, e.attempts FROM events e "
        f"WHERE e.account_id = '{POISON}' ORDER BY e.sequence"
    )
    assert [(each["kind"], each["status"]) for each in events] == [
        ("write-off-sa-type", "complete"),
        ("send-letter", "failed"),
        ("send-to-do", "pending"),
    ]
    assert events[1]["reason"] == "crashed"
    assert events[1]["attempts"] >= MAX_ATTEMPTS - 1

    messages = world.read()
    letters = [each["account_id"] for each in told(messages, "letter")]
    assert sorted(letters) == [each for each in ACCOUNTS if each != POISON]
    [todo] = [each for each in told(messages, "to-do") if each["todo_type"] == "EVENT-FAILED"]
    assert (todo["account_id"], todo["event_sequence"]) == (POISON, 20)
    assert "ZeroDivisionError" in todo["message"]
    assert world.count("running") == 0


def test_a_poisonous_event_holds_up_no_later_set(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    break_reading(monkeypatch)
    started(embedded)
    keys = embedded.select("SELECT process_id FROM processes ORDER BY process_id")
    for kind, sequence in (("write-off-sa-type", 10), ("send-letter", 20)):
        embedded.nudges.queue.clear()
        embedded.actors.run_events(kind, [[row["process_id"], sequence] for row in keys])
    assert embedded.count("contacts") == len(ACCOUNTS) - 1


def test_a_set_of_a_dead_worker_is_taken_over_in_halves(world: World) -> None:
    started(world)
    world.nudges.queue.clear()
    keys = [[row["process_id"], 10] for row in world.select("SELECT process_id FROM processes")]
    fence = {"token": "11111111-2222-5333-8444-555555555555", "kind": "write-off-sa-type"}
    with world.database.begin() as tx:
        tx.connection.exec_driver_sql(
            "INSERT INTO running (token, kind, event_ids, worker, started_at) VALUES "
            f"('{fence['token']}', '{fence['kind']}', '{json.dumps(keys)}', 'gone', '2026-01-01T00:00:00Z')"
        )

    world.scheduler.step()

    assert world.count("running") == 0
    assert {row["attempts"] for row in world.select("SELECT attempts FROM events WHERE sequence = 10")} == {1}
    sent = [argument for what, argument in world.nudges.queue if what == "events"]
    assert [kind for kind, _ in sent] == ["write-off-sa-type"] * 2
    assert [part for _, part in sent] == [keys[:4], keys[4:]]

    world.run()
    assert world.count("processes", "end_reason = 'completed'") == len(ACCOUNTS)


def test_a_worker_taken_for_dead_rolls_back(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    started(embedded)
    apply = executor.apply

    def slow(tx: Any, facts: list[Fact], today: Any) -> Any:
        tx.connection.exec_driver_sql("DELETE FROM running")
        return apply(tx, facts, today)

    monkeypatch.setattr(executor, "apply", slow)
    embedded.act()
    assert embedded.count("journals") == 0
    assert embedded.count("events", "status <> 'pending'") == 0

    monkeypatch.setattr(executor, "apply", apply)
    embedded.run()
    assert embedded.count("processes", "end_reason = 'completed'") == len(ACCOUNTS)


class Killed(BaseException):
    """Ends a worker as a signal would."""


def test_an_event_that_kills_its_worker_ends_up_alone_and_failed(
    open_world: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = executor.run

    def deadly(case: Any) -> Any:
        if case.cause.account_id == POISON:
            raise Killed
        return run(case)

    monkeypatch.setattr(executor, "run", deadly)
    world = started(open_world())
    deaths = 0
    for _ in range(40):
        try:
            world.settle()
            if not world.count("running"):
                break
        except Killed:
            deaths += 1
            world = open_world()
        world.age(RUNNING_LEASE_SECONDS + 1)

    assert MAX_ATTEMPTS <= deaths <= 3 * MAX_ATTEMPTS
    statuses = world.select(f"SELECT status FROM events WHERE account_id = '{POISON}' ORDER BY sequence")
    assert [row["status"] for row in statuses] == ["failed", "pending", "pending"]
    assert world.count("processes", "end_reason = 'completed'") == len(ACCOUNTS) - 1
    assert world.count("todos", "todo_type = 'EVENT-FAILED'") == 1


def test_what_was_kept_unread_stays_so_where_its_acknowledgement_is_lost(open_world: OpenWorld) -> None:
    """It killed intake three times; the process that gave it up is killed before it can say so."""
    open_world().publish(upstream.payment("PAY-1", "RW-1", 500))
    for point in ("intake.journaled", "intake.journaled", "intake.journaled", "intake.buried"):

        def kill(reached: str, point: str = point) -> None:
            if reached == point:
                raise Killed

        world = open_world()
        crash_points.watch(kill)
        try:
            with pytest.raises(Killed):
                world.run()
        finally:
            crash_points.watch(None)
    assert world.depths() != {}
    world = open_world()
    world.run()
    assert world.depths() == {}
    assert world.select("SELECT reason FROM dead_letters") == [{"reason": "crashed-intake"}]
    assert world.count("inbox") == world.count("suspects") == 0
    assert [each["data"]["reason"] for each in world.read()[DEAD_LETTERS.name]] == ["crashed-intake"]


def test_a_kind_that_is_paused_runs_when_it_goes_on(world: World) -> None:
    with world.database.begin() as tx:
        tx.connection.exec_driver_sql(
            "INSERT INTO paused_kinds (kind, reason, actor, paused_at) "
            "VALUES ('send-letter', 'a test', 'me', '2026-11-03T00:00:00+00:00')"
        )
    started(world).run()
    assert world.count("contacts") == 0
    assert world.count("journals") == len(ACCOUNTS)
    with world.database.begin() as tx:
        tx.connection.exec_driver_sql("DELETE FROM paused_kinds")
    world.run()
    assert world.count("contacts") == len(ACCOUNTS)


def break_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    allocate = payment_received.allocate

    def broken(amount: int, *rest: Any) -> Any:
        if amount == 666:
            raise ZeroDivisionError
        return allocate(amount, *rest)

    monkeypatch.setattr(payment_received, "allocate", broken)


def test_a_message_that_waited_and_breaks_harms_neither_its_snapshot_nor_other_timers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = payment_received.allocate
    break_payment(monkeypatch)
    named = {"account_version": 2}
    world.publish(upstream.payment("PAY-1", "RW-1", 666), upstream.payment("PAY-2", "RW-1", 500))
    world.publish(upstream.payment("PAY-3", "RW-2", 700, **named), upstream.payment("PAY-4", "RW-4", 300))
    world.run()
    world.publish(
        upstream.account("RW-1"), upstream.account("RW-2"), upstream.attempt("A-1", "RW-2", "product-issue")
    )
    world.run()
    assert world.count("dead_letters") == 0
    assert world.count("accounts", "version = 1") == 2
    assert world.count("attempts") == 1

    world.age(31)
    world.run()
    paid = [row["payment_id"] for row in world.select("SELECT payment_id FROM payments ORDER BY payment_id")]
    assert paid == ["PAY-2", "PAY-3", "PAY-4"]
    assert world.select("SELECT id FROM inbox WHERE state = 'waiting'") == [
        {"id": upstream.payment("PAY-1", "RW-1", 666)["id"]}
    ]

    monkeypatch.setattr(payment_received, "allocate", whole)
    world.age(61)
    world.run()
    assert world.count("payments") == 4
    assert world.count("inbox", "state = 'waiting'") == 0
    assert world.count("timers", "kind = 'arrival'") == 0


def test_a_timer_that_breaks_harms_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    promise = {"promised_to_pay_on": "2026-11-05"}
    for account_id in ("RW-1", "RW-2", "RW-3"):
        world.publish(
            upstream.account(account_id),
            upstream.attempt(f"P-{account_id}", account_id, "promised-to-pay", **promise),
        )
    world.run()
    assert world.count("accounts", "hold_until = '2026-11-08'") == 3

    held_on = Standing.held_on

    def broken(self: Standing, on: date) -> bool:
        if "SA-RW-2" in self.balances:
            raise ZeroDivisionError
        return held_on(self, on)

    monkeypatch.setattr(Standing, "held_on", broken)
    world.set_date(date(2026, 11, 8))
    world.run()
    held = world.select("SELECT account_id FROM accounts WHERE hold_until IS NOT NULL")
    assert held == [{"account_id": "RW-2"}]

    monkeypatch.setattr(Standing, "held_on", held_on)
    world.age(61)
    world.run()
    assert world.count("accounts", "hold_until IS NOT NULL") == 0
    assert world.count("timers") == 0
