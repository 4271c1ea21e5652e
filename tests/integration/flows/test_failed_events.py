"""Failed events by the hundred: all that match are retried or skipped, in sets, a command for each."""

from pathlib import Path
from typing import Any

import pytest

from operations import many
from operations.cli.app import execute
from tests.integration.flows.conftest import OpenWorld
from tests.integration.flows.test_retries import GONE
from tests.support import policies, upstream
from workers.intake.operators import submit

ACCOUNTS = [f"RW-{number}" for number in range(3)]


def test_failed_events_are_retried_then_skipped_and_the_order_goes_on_where_it_was_broken_off(
    open_world: OpenWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = open_world(policy_dir=policies.folder(tmp_path / "policies", *GONE))
    world.publish(*map(upstream.account, ACCOUNTS))
    world.publish(*(upstream.request(f"WR-{each}", each) for each in ACCOUNTS))
    world.run()
    url = world.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("WRITEOFF_DATABASE_URL", url)
    monkeypatch.setattr(many, "COMMANDS_A_SET", 2)

    def process(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = execute(("process", *arguments, "--as", "grace"))
        out, err = capsys.readouterr()
        return code, out, err

    def failed() -> int:
        return world.count("events", "status = 'failed'")

    match = ("--failure", "no-agency", "--kind", "refer-to-agency", "--opco", "RW")
    assert process("retry-failed", *match)[0] == 2  # no reason
    assert process("skip-failed", *match, "--reason", " ")[0] == 2
    assert process("skip-failed", "--reason", "all of them?")[0] == 2
    assert (
        process("retry-failed", "--failure", "no-basis", "--reason", "x")[1] == "No failed event matches.\n"
    )
    assert failed() == 3
    code, out, _ = process("retry-failed", *match, "--reason", "agency activated")
    assert (code, out, failed()) == (0, "Failed events: 3; 3 run again.\n", 0)
    assert world.count("inbox", "type = 'writeoff.operations.retry-event.v1'") == 3
    world.run()
    assert failed() == 3

    sets = 0

    def killed(*arguments: Any) -> Any:
        nonlocal sets
        sets += 1
        if sets == 2:
            raise KeyboardInterrupt
        return submit(*arguments)

    skip = ("skip-failed", *match, "--reason", "no agency any more, ticket 4711")
    with monkeypatch.context() as patched:
        patched.setattr(many, "submit", killed)
        code, out, _ = process(*skip)
    assert (code, out, failed()) == (130, "Failed events: 3; 2 are skipped.\n", 1)
    code, out, err = process(*skip)
    assert (code, out, err, failed()) == (0, "Failed events: 1; 1 are skipped.\n", "", 0)
    code, out, err = process(*skip, "--role", "nobody")
    assert (code, out) == (0, "No failed event matches.\n")
    world.run()
    assert world.count("processes", "end_reason = 'completed'") == 3
    assert world.select(
        "SELECT DISTINCT source FROM inbox WHERE type = 'pulse.write-off-cancel-requested.v1'"
    ) == [{"source": "/operations/grace"}]
