"""Workers at the same time, on PostgreSQL: sums are right, and of two orders it is one."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from store.engine.locking import lock
from tests.integration.flows.conftest import OpenWorld
from tests.integration.store.concurrency import Started
from tests.support import upstream
from tests.support.outcome import told
from tests.support.world import World
from workers.events import executor as executing
from workers.intake import step


def at_once(*works: Callable[[], Any]) -> None:
    """Do all of it in threads that start together; raise what any of them raises."""
    together = threading.Barrier(len(works))
    errors: list[BaseException] = []

    def begin(work: Callable[[], Any]) -> None:
        together.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def events(world: World, kind: str) -> list[list[Any]]:
    found = world.select(
        "SELECT process_id, sequence FROM events "
        f"WHERE kind = '{kind}' AND due_on IS NOT NULL ORDER BY account_id"
    )
    return [[str(row["process_id"]), row["sequence"]] for row in found]


def runner(
    world: World, kind: str, sets: Sequence[list[list[Any]]], *, onward: bool = False
) -> Callable[[], None]:
    """Return what an executor of its own does that is handed these sets, until none of them is left.

    It serves the kind alone, or with `onward` all of them and goes on to those.
    """
    serves = None if onward else {kind}
    executor = executing.Executor(world.database, world.parts.shelf, "runner", serves)

    def run() -> None:
        left = [[(str(process_id), int(sequence)) for process_id, sequence in keys] for keys in sets]
        while left:
            skipped = executor.run(kind, left.pop(0)).skipped
            if skipped:
                left.append(list(skipped))

    return run


def in_process(world: World, owed: dict[str, int]) -> World:
    world.publish(*(upstream.account(account_id, owed=amount) for account_id, amount in owed.items()))
    world.take()
    world.publish(*(upstream.request(f"WR-{account_id}", account_id) for account_id in owed))
    world.take()
    world.nudges.queue.clear()
    return world


def agencies(world: World) -> dict[str, int]:
    found = world.select("SELECT agency, active_minor FROM agency_debt WHERE opco = 'RW'")
    debt = {row["agency"]: row["active_minor"] for row in found}
    sums = {
        row["agency"]: int(row["sum"])
        for row in world.select(
            "SELECT agency, sum(amount_minor) AS sum FROM referrals WHERE active GROUP BY agency"
        )
    }
    assert {agency: amount for agency, amount in debt.items() if amount} == sums
    return debt


def test_the_first_referrals_of_an_opco_are_balanced_however_many_workers_place_them(
    open_concurrent: OpenWorld,
) -> None:
    world = in_process(open_concurrent(), {f"RW-{number}": 1_000 for number in range(6)})
    kind = "refer-to-agency"
    at_once(*(runner(world, kind, [[key]]) for key in events(world, kind)))
    assert agencies(world) == {"KIGALI-RECOVERY": 3_000, "VOLCANO-CREDIT": 3_000}


def test_referrals_are_balanced_within_sets_and_across_workers(open_concurrent: OpenWorld) -> None:
    owed = {f"RW-{number:03}": 1_000 + 370 * (number * 7 % 61) for number in range(120)}
    world = in_process(open_concurrent(), owed)
    kind = "refer-to-agency"
    keys = events(world, kind)
    sets = [keys[start : start + 5] for start in range(0, len(keys), 5)]
    at_once(*(runner(world, kind, sets[number::3]) for number in range(3)))

    debt = agencies(world)
    assert sum(debt.values()) == sum(owed.values())
    assert abs(debt["KIGALI-RECOVERY"] - debt["VOLCANO-CREDIT"]) <= max(owed.values())


def test_an_event_whose_account_another_holds_for_a_moment_runs_then_and_waits_for_no_scheduler(
    open_concurrent: OpenWorld,
) -> None:
    world = in_process(open_concurrent(), {"RW-1": 1_000})
    [key] = events(world, "refer-to-agency")
    executor = world.parts.executor()
    with world.database.begin() as holder:
        lock(holder, [("RW", "RW-1")])
        running = Started(lambda: executor.run("refer-to-agency", [(key[0], key[1])]))
        assert running.waits()
    assert (running.result().done, sum(agencies(world).values())) == (1, 1_000)


def test_of_many_events_those_that_another_holds_are_left_for_later(open_concurrent: OpenWorld) -> None:
    world = in_process(open_concurrent(), {f"RW-{number:03}": 1_000 for number in range(30)})
    keys = [(key[0], key[1]) for key in events(world, "refer-to-agency")]
    with world.database.begin() as holder:
        lock(holder, [("RW", "RW-000")])
        result = world.parts.executor().run("refer-to-agency", keys)
    assert (result.done, len(result.skipped)) == (29, 1)


def test_one_set_alone_is_balanced(embedded: World) -> None:
    owed = {f"RW-{number}": 1_000 * number for number in range(1, 8)}
    in_process(embedded, owed)
    embedded.actors.run_events("refer-to-agency", events(embedded, "refer-to-agency"))
    debt = agencies(embedded)
    assert sum(debt.values()) == 28_000
    assert abs(debt["KIGALI-RECOVERY"] - debt["VOLCANO-CREDIT"]) <= 7_000


@pytest.mark.parametrize("onward", [False, True], ids=["kind by kind", "onward"])
def test_the_same_set_run_by_many_workers_has_each_effect_once(
    open_concurrent: OpenWorld, *, onward: bool
) -> None:
    world = in_process(open_concurrent(), {f"RW-{number}": 1_000 for number in range(20)})
    kinds = ("refer-to-agency", "affect-credit-rating", "write-off-distribution-code", "send-letter")
    for kind in kinds[:2] if onward else kinds:
        keys = events(world, kind)
        assert len(keys) == 20
        at_once(*(runner(world, kind, [keys], onward=onward) for _ in range(3)))
    for table in ("referrals", "demerits", "journals", "contacts"):
        assert world.count(table) == 20, table
    assert world.count("running") == 0
    while world.relay.step().done:
        pass
    messages = world.read()
    assert len({each["journal_id"] for each in told(messages, "gl")}) == len(messages["gl"]) == 20
    assert len(messages["letter"]) == 20


def pause_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Make a function wait a moment before it runs, so that transactions overlap."""
    function = getattr(module, name)

    def slow(*arguments: Any, **named: Any) -> Any:
        threading.Event().wait(0.01)
        return function(*arguments, **named)

    monkeypatch.setattr(module, name, slow)


@pytest.mark.parametrize("delayed", ["neither", "the payment", "the write-off"])
def test_a_payment_that_races_with_the_write_off_is_before_or_after_it(
    open_concurrent: OpenWorld, monkeypatch: pytest.MonkeyPatch, delayed: str
) -> None:
    accounts = [f"RW-{number}" for number in range(12)]
    world = in_process(open_concurrent(), dict.fromkeys(accounts, 1_000))
    for kind in ("refer-to-agency", "affect-credit-rating"):
        runner(world, kind, [events(world, kind)])()
    world.publish(*(upstream.payment(f"PAY-{each}", each, 1_000) for each in accounts))
    if delayed == "the payment":
        pause_before(monkeypatch, step, "decide_messages")
    if delayed == "the write-off":
        pause_before(monkeypatch, executing, "apply")
    monkeypatch.setattr(step, "MESSAGES_A_SET", 2)

    kind = "write-off-distribution-code"
    keys = events(world, kind)
    at_once(world.take, runner(world, kind, [[key] for key in reversed(keys)]), runner(world, kind, [keys]))

    found = world.select(
        "SELECT p.account_id, p.end_reason, a.state, a.locked_by, "
        "(SELECT count(*) FROM journals j WHERE j.process_id = p.process_id) AS journals, "
        "(SELECT count(*) FROM payments y WHERE y.account_id = p.account_id) AS payments, "
        "(SELECT count(*) FROM inbox i "
        " WHERE i.account_id = p.account_id AND i.state = 'waiting') AS waiting, "
        "(SELECT r.amount_minor FROM referrals r WHERE r.process_id = p.process_id) AS referred "
        "FROM processes p JOIN accounts a ON a.account_id = p.account_id"
    )
    assert len(found) == len(accounts)
    for row in found:
        paid = (
            row["end_reason"],
            row["state"],
            row["journals"],
            row["payments"],
            row["waiting"],
            row["referred"],
        )
        if row["locked_by"] is None:
            assert paid == ("paid", "defaulted", 0, 1, 0, 0), row
        else:
            # Written off, then recovered: two journals, and nothing is referred any more.
            assert paid == (None, "inactive", 2, 1, 0, 0), row
    agencies(world)


def test_two_intakes_share_the_queues_and_each_message_counts_once(open_concurrent: OpenWorld) -> None:
    first, second = open_concurrent(), open_concurrent()
    accounts = [f"RW-{number}" for number in range(40)]
    snapshots = [upstream.account(each) for each in accounts]
    payments = [upstream.payment(f"PAY-{each}", each, 100) for each in accounts]
    again = [upstream.renamed(each, f"again-{each['id']}") for each in payments]
    first.publish(*snapshots, *payments, *snapshots, *again, *payments)
    first.send("writeoff.payments", b"poison", b"poison", b"poison")
    at_once(first.take, second.take)
    assert first.count("accounts", "version = 1") == 40
    assert first.count("payments", "counted") == 40
    balances = {row["standing"] for row in first.select("SELECT standing FROM accounts")}
    assert all(":10400}" in standing for standing in balances)
    assert first.select("SELECT reason, count FROM dead_letters") == [
        {"reason": "unreadable-body", "count": 3}
    ]
    assert first.count("messages_out") == 1
    assert first.depths() == {}


def test_one_scheduler_at_a_time_sends(open_concurrent: OpenWorld) -> None:
    first, second = open_concurrent(), open_concurrent()
    in_process(first, {f"RW-{number}": 1_000 for number in range(3)})
    assert first.look() == 3
    assert second.look() == 0
    second.age(11)
    assert second.look() == 3
    assert first.look() == 0
