"""`dramatiq workers.dramatiq_app:start`: the actors under Dramatiq's own command line."""

from pathlib import Path

import pytest

from tests.acceptance.conftest import Install
from tests.support.processes import Process, eventually
from tests.support.upstream import example


@pytest.mark.parametrize("tasks", ["redis", "amqp"])
def test_dramatiqs_own_command_runs_the_contracts_example(
    install: Install, tmp_path: Path, tasks: str, request: pytest.FixtureRequest
) -> None:
    installed = install(tasks_url=request.getfixturevalue(f"{tasks}_url"))
    arguments = ["-m", "dramatiq", "workers.dramatiq_app:start", "--processes", "1", "--threads", "2"]
    worker = Process(arguments, installed.settings, tmp_path / "dramatiq.log")
    installed.start("intake", "scheduler", "relay")
    installed.publish(*map(example, ("account-updated", "write-off-requested.personal")))
    eventually(lambda: len(installed.select("SELECT 1 FROM events WHERE status = 'complete'")) == 5, "events")
    installed.settle()

    told = installed.read()
    assert len(told["letter"]) == 2
    assert len(told["to-do"]) == len(told["gl"]) == 1
    assert len(told["pulse.updates"]) == 5
    assert worker.stop() == 0
    assert "Traceback" not in worker.log.read_text()
