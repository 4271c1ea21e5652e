"""A nudge is a hint: early, late, wrong or for what is done already, it does no harm."""

from datetime import date

from tests.support import upstream
from tests.support.outcome import kinds, rows, told
from tests.support.world import World

MISSING = "11111111-2222-5333-8444-555555555555"


def started(world: World) -> list[str]:
    world.publish(upstream.account("RW-1"), upstream.attempt("A-1", "RW-1", "product-not-found"))
    world.take()
    return [str(row["process_id"]) for row in world.select("SELECT process_id FROM processes")]


def test_a_nudge_before_its_day_or_its_turn_does_nothing(world: World) -> None:
    [process_id] = started(world)
    before = rows(world)
    world.nudges.queue.clear()
    for kind, sequence in (
        ("send-letter", 20),
        ("affect-credit-rating", 30),
        ("cancel-agency-referral", 40),
        ("write-off-distribution-code", 50),
        ("write-off-distribution-code", 10),
        ("write-off-distribution-code", 99),
    ):
        world.actors.run_events(kind, [[process_id, sequence], [MISSING, 10]])
    unlike = {"events", "referrals", "agency_debt", "referral_history", "messages_out"}
    assert {t: r for t, r in rows(world).items() if t not in unlike} == {
        t: r for t, r in before.items() if t not in unlike
    }
    assert world.count("journals") == world.count("contacts") == world.count("demerits") == 0


def test_a_nudge_for_what_is_done_does_nothing(world: World) -> None:
    [process_id] = started(world)
    world.run()
    world.read()
    before = rows(world)
    for kind, sequence in (("refer-to-agency", 10), ("send-letter", 20), ("affect-credit-rating", 30)):
        world.actors.run_events(kind, [[process_id, sequence]])
    world.actors.expand(["RW", "no-such-request"])
    world.actors.look_at_timers()
    world.run()
    assert rows(world) == before
    assert kinds(world.read()) == {}


def test_a_nudge_of_the_wrong_kind_runs_nothing_of_another(world: World) -> None:
    """An actor reads no more than its own kind needs: it must not try another."""
    [process_id] = started(world)
    world.nudges.queue.clear()
    world.actors.run_events("send-to-do", [[process_id, 10]])
    assert world.count("referrals") == world.count("events", "attempts > 0") == 0
    world.run()
    assert world.count("referrals") == 1


def test_an_event_of_a_process_that_was_paid_meanwhile_does_not_run(world: World) -> None:
    [process_id] = started(world)
    world.nudges.queue.clear()
    world.publish(upstream.payment("PAY-1", "RW-1", 10_500))
    world.take()
    world.actors.run_events("refer-to-agency", [[process_id, 10]])
    world.run()
    assert world.count("referrals") == 0
    [ended] = told(world.read(), "pulse.updates", "process-ended")
    assert ended["end_reason"] == "paid"


def test_days_that_were_missed_are_caught_up(world: World) -> None:
    started(world)
    world.set_date(date(2027, 3, 1))
    world.run()
    assert world.select("SELECT end_reason, ended_on FROM processes")[0]["end_reason"] == "completed"
    [journal] = told(world.read(), "gl")
    assert journal["transaction_date"] == "2027-03-01"
