"""An operator's order about many things, killed half-way: the same order goes on, nothing is done twice."""

import json
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from operations import many
from operations.cli.app import execute
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_dead_letters import broken, bury, repair
from tests.integration.flows.test_retries import GONE
from tests.support import policies, upstream
from tests.support.killing import Boundaries, Killed
from tests.support.processes import Process
from tests.support.world import World

#: Of 7 things, 3 a set: the second set's boundaries.
BEFORE_COMMIT, AFTER_COMMIT = 3, 4
GRACE = ("--as", "grace")
FAILED = ("--failure", "no-agency", "--reason", "ticket 4711")


def letters(world: World, *, usable: bool = False) -> None:
    bury(world, *(broken(f"RW-{number}") for number in range(7)))
    if usable:
        repair(world)


def steps(world: World) -> None:
    accounts = [f"RW-{number}" for number in range(7)]
    world.publish(*map(upstream.account, accounts))
    world.publish(*(upstream.request(f"WR-{each}", each) for each in accounts))
    world.run()
    assert world.count("events", "status = 'failed'") == 7


#: The order, what there is before it, how many are done, and the type of its commands.
Prepare = Callable[[World], None]
ORDERS: Sequence[tuple[tuple[str, ...], Prepare, str, str]] = (
    (
        ("dead-letter", "retry", "--all"),
        lambda world: letters(world, usable=True),
        "SELECT count(*) AS n FROM dead_letters WHERE state = 'retried' AND revision = 1",
        "writeoff.operations.retry-dead-letter.v1",
    ),
    (
        ("dead-letter", "edit", "--all", "--merge", '{"opco": "RW"}'),
        letters,
        "SELECT count(*) AS n FROM dead_letters WHERE state = 'edited' AND revision = 1",
        "writeoff.operations.edit-dead-letter.v1",
    ),
    (
        ("dead-letter", "discard", "--all", "--because", "a test"),
        letters,
        "SELECT count(*) AS n FROM dead_letters WHERE state = 'discarded' AND revision = 1",
        "writeoff.operations.discard-dead-letter.v1",
    ),
    (
        ("process", "retry-failed", *FAILED),
        steps,
        "SELECT 7 - count(*) AS n FROM events WHERE status = 'failed'",
        "writeoff.operations.retry-event.v1",
    ),
    (
        ("process", "skip-failed", *FAILED),
        steps,
        "SELECT count(*) AS n FROM events WHERE status = 'canceled'",
        "pulse.write-off-cancel-requested.v1",
    ),
)


def ids(given: object) -> str:
    return "-".join(given[:2]) if isinstance(given, tuple) else ""


@pytest.fixture
def open_killable(
    open_embedded: OpenWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], World]:
    def open_one() -> World:
        world = open_embedded(policy_dir=policies.folder(tmp_path / "policies", *GONE))
        url = world.database.url.render_as_string(hide_password=False)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("WRITEOFF_DATABASE_URL", url)
        return world

    return open_one


@pytest.mark.parametrize("kill_at", [BEFORE_COMMIT, AFTER_COMMIT], ids=["before-commit", "after-commit"])
@pytest.mark.parametrize(("order", "prepare", "done", "command"), ORDERS, ids=ids)
def test_an_order_that_is_killed_goes_on_and_does_nothing_twice(
    *,
    order: tuple[str, ...],
    prepare: Prepare,
    done: str,
    command: str,
    kill_at: int,
    open_killable: Callable[[], World],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = open_killable()
    prepare(world)
    boundaries = Boundaries(monkeypatch)
    boundaries.restart(kill_at)
    monkeypatch.setattr(many, "COMMANDS_A_SET", 3)

    def did() -> int:
        return int(world.select(done)[0]["n"])

    with boundaries.armed(), pytest.raises(Killed):
        execute((*order, *GRACE))
    assert did() == (3 if kill_at == BEFORE_COMMIT else 6)
    assert world.count("inbox", f"type = '{command}'") == did()

    assert execute((*order, *GRACE)) == 0
    assert did() == 7
    assert world.count("inbox", f"type = '{command}' AND source = '/operations/grace'") == 7
    messages = world.count("messages_out")
    assert execute((*order, *GRACE)) == 0  # nothing matches any more
    assert (world.count("inbox", f"type = '{command}'"), world.count("messages_out")) == (7, messages)
    if "edit" in order or order[:2] == ("dead-letter", "retry"):
        assert world.count("accounts") == world.count("inbox", "source = '/pulse/rw'") == 7


#: The command, in a process that SIGKILL ends after its second set is committed.
KILLED = """
import os, signal
from operations import many
from operations.cli import main
submit, sets = many.submit, []
def killed(*arguments):
    done = submit(*arguments)
    sets.append(done)
    if len(sets) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
many.submit, many.COMMANDS_A_SET = killed, 3
main()
"""


def test_sigkill_leaves_whole_sets(open_killable: Callable[[], World], tmp_path: Path) -> None:
    world = open_killable()
    letters(world)
    url = world.database.url.render_as_string(hide_password=False)
    order = ("dead-letter", "discard", "--all", "--because", "a test", *GRACE)
    process = Process(["-c", KILLED, *order], {"WRITEOFF_DATABASE_URL": url}, tmp_path / "order.log")
    assert process.process.wait(60) == -signal.SIGKILL
    assert world.count("dead_letters", "state = 'discarded'") == 6
    assert execute(order) == 0
    assert world.count("dead_letters", "state = 'discarded'") == 7
    bodies = world.select("SELECT body FROM inbox_body WHERE source = '/operations/grace'")
    named = {json.loads(bytes(each["body"]))["data"]["dead_letter_id"] for each in bodies}
    assert (len(bodies), len(named)) == (7, 7)
