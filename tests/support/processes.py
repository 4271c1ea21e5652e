"""Roles as real processes, with their logs; none outlives the test run, however that ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workers.roles.bound import bound_to_this_process

#: The command `writeoff`, of this source and this Python.
WRITEOFF = ("-c", "from operations.cli import main; main()")

#: For a loaded machine; nothing here takes more than a second or two on an idle one.
PATIENCE_SECONDS = 60.0


class Process:
    """One process of the product. Its log is JSON, a fact a line."""

    def __init__(self, arguments: Sequence[str], settings: Mapping[str, str], log: Path) -> None:
        self.log = log
        command = [sys.executable, *arguments]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WRITEOFF_")}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                bound_to_this_process(command),
                env={**inherited, "WRITEOFF_LOG_FORMAT": "json", **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=log.parent,  # no .env of the developer's
            )

    @classmethod
    def role(cls, name: str, settings: Mapping[str, str], log: Path) -> "Process":
        return cls([*WRITEOFF, "run", name], settings, log)

    @classmethod
    def up(cls, settings: Mapping[str, str], log: Path) -> "Process":
        return cls([*WRITEOFF, "up"], settings, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def facts(self) -> list[dict[str, Any]]:
        """Every line of the log; each must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def count(self, event: str) -> int:
        return sum(fact["event"] == event for fact in self.facts_so_far())

    def wait_for(self, event: str, times: int = 1, **fields: object) -> dict[str, Any]:
        """Wait until a fact has been logged so often, and return the last."""

        def found() -> list[dict[str, Any]]:
            return [
                fact
                for fact in self.facts_so_far()
                if fact["event"] == event and all(fact.get(name) == value for name, value in fields.items())
            ]

        eventually(lambda: len(found()) >= times, f"{event} x{times} in\n{self.log.read_text()[-3000:]}")
        return found()[-1]

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM, as an orchestrator does; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def running(self) -> bool:
        return self.process.poll() is None

    def facts_so_far(self) -> list[dict[str, Any]]:
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]


def eventually(
    condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS, *, every: float = 0.05
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(every)


def descendants(pid: int) -> list[int]:
    """Every living process below one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    children: dict[int, list[int]] = {}
    for line in listed.stdout.splitlines():
        child, parent, state = line.split()
        if not state.startswith("Z"):
            children.setdefault(int(parent), []).append(int(child))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[1:]


def program(pid: int) -> str:
    """What a process runs."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
