"""The demonstration from start to end: embedded worker, portfolio, consumers, checker, summary."""

import json
import re
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from operations.demo import checker
from operations.demo.consumers import queue_names, read_everything
from operations.demo.figures import collect
from operations.demo.outcome import Outcome
from operations.demo.portfolio import acts
from operations.demo.progress import Progress
from operations.demo.records import read_records
from operations.demo.stage import Stage
from operations.demo.summary import print_summary
from workers.brokers import BrokerUnavailable
from workers.embedded.everything import Embedded
from workers.roles.logs import configure
from workers.settings import Settings
from writeoff.errors import WriteoffError

#: How long a message waits for an account that has not come; shorter than the shipped policies' 30 s, so that
#: the demonstration need not wait for the two accounts that never come.
ARRIVAL_WAIT_SECONDS = 10

#: How long what a new date brings lies before the scheduler sends it: elsewhere no date moves so fast.
SCHEDULER_PATIENCE_SECONDS = 0.2

#: What the folder holds beside the worker's own data.
LOG_NAME = "worker.log"
POLICIES_NAME = "policies"
CONSUMED_NAME = "consumed.jsonl"

#: Hand-written; also found as `examples/expected/demo.toml`.
EXPECTED = resources.files("operations.demo") / "expected.toml"

_ARRIVAL_WAIT = re.compile(r"^arrival_wait_seconds = \d+", re.MULTILINE)


class FolderTaken(WriteoffError):
    """A worker has run in the folder before: what the demonstration sends might not be new to it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} is not empty: name a new folder, or remove this one")


class Unfinished(WriteoffError):
    """Something kept the demonstration from its end."""

    def __init__(self, error: Exception, log: Path) -> None:
        super().__init__(f"{error}; what the worker says of it is in {log}")


def run_demo(*, as_json: bool, data_dir: Path | None) -> int:
    """Run the demonstration and print its summary; return 0 if nothing is lost, doubled or wrong.

    Its data stay in `data_dir`, which must be new. Without one they are in a temporary folder, which goes if
    all is right. Raises `FolderTaken`, and `Unfinished`.
    """
    folder = _folder(data_dir)
    with (folder / LOG_NAME).open("w", encoding="utf-8") as log:
        configure(_settings(folder), log)
        try:
            outcome = _perform(folder, kept=data_dir is not None)
        except (WriteoffError, BrokerUnavailable) as error:
            raise Unfinished(error, folder / LOG_NAME) from error
        except KeyboardInterrupt:
            _discard(folder, data_dir)
            raise
    if outcome.all_right:
        _discard(folder, data_dir)
    if as_json:
        sys.stdout.write(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        print_summary(outcome)
    return 0 if outcome.all_right else 1


def _perform(folder: Path, *, kept: bool) -> Outcome:
    started = time.monotonic()
    script = acts()
    sent = [event for act in script for event in act.messages]
    _copy_policies(folder / POLICIES_NAME)
    with Progress() as progress, Embedded.start(folder, _settings(folder)) as running:
        dates = Stage(running, progress).play(script)
        policies = running.parts.policies
        queues = queue_names(code for policy in policies for code in policy.agencies)
        read = read_everything(running.broker_url, queues)
        records = read_records(running.parts.database)
    consumed = [{"queue": each.queue, "message": each.message} for each in read]
    _write_lines(folder / CONSUMED_NAME, consumed)
    found = checker.check(tomllib.loads(EXPECTED.read_text("utf-8")), consumed)
    return Outcome(
        figures=collect(sent, read, queues, records, policies),
        found=found,
        accounts=len({event["subject"] for event in script[0].messages}),
        sent=len(sent),
        read=len(read),
        dates=dates,
        seconds=round(time.monotonic() - started, 1),
        kept_in=folder if kept or any(found.values()) else None,
    )


def _folder(data_dir: Path | None) -> Path:
    if data_dir is None:
        return Path(tempfile.mkdtemp(prefix="writeoff-demo-"))
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(data_dir.iterdir()):
        raise FolderTaken(data_dir)
    return data_dir


def _discard(folder: Path, data_dir: Path | None) -> None:
    if data_dir is None:
        shutil.rmtree(folder)


def _settings(folder: Path) -> Settings:
    """Return the worker's settings; what the environment says about them does not count."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # an argument of pydantic-settings, unknown to mypy
        policy_dir=folder / POLICIES_NAME,
        data_dir=folder,
        log_format="json",
        log_level="info",
        scheduler_patience_seconds=SCHEDULER_PATIENCE_SECONDS,
    )


def _copy_policies(to: Path) -> None:
    """Copy the shipped policies, with a shorter wait and nothing else changed."""
    to.mkdir()
    for shipped in (resources.files("writeoff.policy") / "defaults").iterdir():
        if shipped.name.endswith(".toml"):
            shorter = f"arrival_wait_seconds = {ARRIVAL_WAIT_SECONDS}"
            text, changed = _ARRIVAL_WAIT.subn(shorter, shipped.read_text("utf-8"))
            if changed != 1:
                raise LookupError(f"{shipped.name} has {changed} lines with arrival_wait_seconds")
            (to / shipped.name).write_text(text, "utf-8")


def _write_lines(path: Path, rows: Iterable[Any]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
