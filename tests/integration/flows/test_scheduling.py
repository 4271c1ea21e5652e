"""The safety net catches what was lost, without burying the actors under hints, and starves nobody."""

from typing import Any

import pytest

from tests.integration.flows.test_publishing import AGENCY, connected, ready, unbind
from tests.support import upstream
from tests.support.world import World
from workers import relay
from workers.requests import expansion
from workers.scheduling import scheduler
from writeoff import identity


def sent(world: World) -> list[tuple[str, Any]]:
    """Return the hints since the last look, and throw them away."""
    found = list(world.nudges.queue)
    world.nudges.queue.clear()
    return found


def test_a_bulk_request_does_not_starve_a_single_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "OUTSTANDING_SETS", 1)
    monkeypatch.setattr(scheduler, "EVENTS_A_SET", 4)
    names = [f"RW-{number:03}" for number in range(60)]
    bulk = [name for name in names if identity.process_id("RW", "WR-1", name) < "f"]
    single = max(
        (f"RW-SINGLE-{number}" for number in range(200)),
        key=lambda account_id: identity.process_id("RW", f"WR-{account_id}", account_id),
    )
    world.publish(*(upstream.account(account_id) for account_id in (*bulk, single)))
    world.take()
    world.publish(upstream.request("WR-1", *bulk), upstream.request(f"WR-{single}", single))
    world.take()
    world.actors.expand(["RW", "WR-1"])
    sent(world)
    [process] = world.select(f"SELECT process_id FROM processes WHERE account_id = '{single}'")
    [last] = world.select("SELECT process_id FROM processes ORDER BY process_id DESC LIMIT 1")
    assert process == last, "the single process must come last, or this shows nothing"

    world.look()
    keys = [key for what, (kind, keys) in sent(world) if kind == "refer-to-agency" for key in keys]
    assert len(keys) <= 4
    assert [str(process["process_id"]), 10] in keys


def test_what_was_sent_is_not_sent_again_while_somebody_may_be_at_it(world: World) -> None:
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1", "RW-2"))
    world.publish(upstream.account("RW-3"), upstream.request("WR-3", "RW-3"))
    world.take()
    sent(world)
    world.scheduler.step()
    assert {what for what, _ in sent(world)} == {"events", "expand"}
    for _ in range(3):
        world.clock += 2
        world.scheduler.step()
    assert sent(world) == []
    world.clock += 60
    world.scheduler.step()
    assert {what for what, _ in sent(world)} == {"events", "expand"}


def test_timers_that_are_due_are_sent_for_once_in_a_while(world: World) -> None:
    world.publish(upstream.payment("PAY-1", "RW-1", 500))
    world.take()
    world.age(31)
    for _ in range(4):
        world.scheduler.step()
        world.clock += 1
    assert sent(world) == [("timers", None)]
    world.clock += 60
    world.scheduler.step()
    assert sent(world) == [("timers", None)]
    world.actors.look_at_timers()
    world.scheduler.step()
    assert sent(world) == []


def test_an_expansion_that_finds_everything_decided_does_not_go_on(
    embedded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "ITEMS_A_SET", 3)
    accounts = [f"RW-{number}" for number in range(9)]
    embedded.publish(*(upstream.account(account_id) for account_id in accounts))
    embedded.take()
    embedded.publish(upstream.request("WR-1", *accounts))
    embedded.take()
    sent(embedded)

    pending = expansion.requests.pending_items
    with embedded.database.read() as tx:
        stale = pending(tx, ("RW", "WR-1"), 3)
    embedded.actors.expand(["RW", "WR-1"])
    assert ("expand", ["RW", "WR-1"]) in sent(embedded)

    monkeypatch.setattr(expansion.requests, "pending_items", lambda *_: stale)
    embedded.actors.expand(["RW", "WR-1"])
    assert sent(embedded) == []


def test_a_destination_that_refuses_does_not_slow_the_others_down(
    embedded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbind(ready(connected(embedded)), AGENCY)
    monkeypatch.setattr(relay, "MESSAGES_A_BATCH", 1)
    assert embedded.relay.step().more is True
