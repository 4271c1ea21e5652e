"""An operator retries a failed event: it runs again, its to-do closes; the next failure has its own (R9)."""

from datetime import UTC, datetime
from pathlib import Path

from messages.inbound.operations.retry_event import RetryEvent
from tests.integration.flows.conftest import OpenWorld
from tests.support import policies, upstream
from tests.support.outcome import kinds
from tests.support.world import World
from workers.intake.operators import Command, Outcome, submit
from workers.sets.shelf import PolicyShelf

#: No debt reaches an agency: each has left.
GONE = tuple(
    (f'[agencies.{code}]\nname = "{name}"', f'[agencies.{code}]\nname = "{name}"\nactive = false')
    for code, name in (("KIGALI-RECOVERY", "Kigali Recovery"), ("VOLCANO-CREDIT", "Volcano Credit"))
)


def retry(world: World, minute: int) -> Outcome:
    [process] = world.select("SELECT process_id FROM processes")
    data = RetryEvent(
        account_id="RW-1", process_id=process["process_id"], event_sequence=10, reason="agency activated"
    )
    at = datetime(2026, 11, 3, 9, minute, tzinfo=UTC)
    command = Command(user="ops", publisher="ops", opco="RW", data=data, at=at)
    [outcome] = submit(world.database, PolicyShelf(), [command])
    return outcome


def status(world: World) -> tuple[str, str | None, int]:
    [row] = world.select("SELECT status, reason, attempts FROM events WHERE sequence = 10")
    return row["status"], row["reason"], row["attempts"]


def test_a_step_is_retried_until_its_cause_is_gone(open_world: OpenWorld, tmp_path: Path) -> None:
    world = open_world(policy_dir=policies.folder(tmp_path / "policies", *GONE))
    world.publish(upstream.account("RW-1"), upstream.request("WR-1", "RW-1"))
    world.run()
    assert status(world) == ("failed", "no-agency", 0)
    world.read()
    for number in (1, 2):
        assert retry(world, number).refusal is None
        assert status(world) == ("pending", "retried", number)
        world.run()
        assert status(world) == ("failed", "no-agency", number)
        assert kinds(world.read())["to-do"] == ["todo-closed", "todo-created"]
    assert world.count("todos", "status = 'open'") == 1
    assert world.count("todos", "status = 'closed'") == 2

    active = open_world()
    active.age(60)  # the lease of the other's scheduler
    assert retry(active, 3).refusal is None
    active.run()
    assert status(active)[0] == "complete"
    assert active.count("todos", "status = 'open' AND todo_type = 'AGENCY-MISSING'") == 0
    assert retry(active, 4).refusal == "no-active-process"
    assert active.count("processes", "end_reason = 'completed'") == 1
