"""What operators order: journaled and decided like any other command, and never taken from a queue."""

import json
from datetime import UTC, date, datetime

import pytest

from messages.inbound.operations.pause_kind import PauseKind
from messages.inbound.operations.set_business_date import SetBusinessDate
from store.work import events
from tests.support import upstream
from tests.support.world import World
from workers.intake.operators import Command, CommandUnusable, submit
from workers.sets.shelf import PolicyShelf

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def order(**changes: object) -> Command:
    data = SetBusinessDate(business_date=date(2026, 12, 24))
    return Command(**({"user": "grace", "publisher": "root", "opco": "RW", "data": data, "at": AT} | changes))


def test_an_order_is_journaled_with_its_bytes_under_the_operators_name(world: World) -> None:
    [outcome] = submit(world.database, PolicyShelf(), [order()])

    assert (outcome.refusal, outcome.again) == (None, False)
    assert world.select("SELECT source, type, opco, state, queue, publisher, verdict FROM inbox") == [
        {
            "source": "/operations/grace",
            "type": "writeoff.operations.set-business-date.v1",
            "opco": "RW",
            "state": "done",
            "queue": "operations",
            "publisher": "root",
            "verdict": "operator",
        }
    ]
    [kept] = world.select("SELECT id, body FROM inbox_body")
    event = json.loads(bytes(kept["body"]))
    assert (event["id"], event["data"]) == (kept["id"], {"business_date": "2026-12-24"})
    [opco] = world.select("SELECT business_date FROM opcos WHERE opco = 'RW'")
    assert str(opco["business_date"]) == "2026-12-24"


def test_the_same_order_tried_again_is_one_order_and_a_later_one_another(world: World) -> None:
    shelf = PolicyShelf()
    submit(world.database, shelf, [order()])
    [again] = submit(world.database, shelf, [order()])
    assert (again.again, again.refusal, again.facts) == (True, None, ())
    submit(world.database, shelf, [order(at=datetime(2026, 11, 3, 9, 1, tzinfo=UTC))])
    assert world.count("inbox") == 2


def test_orders_given_together_happen_together_or_not_at_all(world: World) -> None:
    good = order(data=PauseKind(kind="send-letter", reason="wrong template"))
    with pytest.raises(CommandUnusable, match="opco: The opco is not served here"):
        submit(world.database, PolicyShelf(), [good, order(opco="XX")])
    with pytest.raises(CommandUnusable, match=r"data\.kind: There is no such kind"):
        submit(world.database, PolicyShelf(), [good, order(data=PauseKind(kind="send-pigeon", reason="x"))])
    with world.database.read() as tx:
        assert events.paused(tx) == set()
    assert (world.count("inbox"), world.count("dead_letters")) == (0, 0)


def test_what_comes_from_a_queue_in_an_operators_name_is_not_believed(world: World) -> None:
    forged = upstream.event("writeoff.operations.set-business-date.v1", {"business_date": "2026-12-24"})
    in_disguise = upstream.changed(upstream.account("RW-1")) | {"source": "/operations/grace"}
    world.send("writeoff.commands", json.dumps(forged).encode(), json.dumps(in_disguise).encode())
    world.run()

    assert world.select("SELECT reason FROM dead_letters") == [{"reason": "not-authenticated"}] * 2
    assert (world.count("inbox"), world.count("accounts")) == (0, 0)
    submit(world.database, PolicyShelf(), [order()])
    assert world.count("inbox") == 1
