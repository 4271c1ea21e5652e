"""One server of a kind for a whole test run, whichever worker of pytest-xdist needs it first.

It belongs to the process that the run was started as, and ends with that process.
"""

import fcntl
import json
import os
import signal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from proving.servers.guardian import PR_SET_PDEATHSIG, prctl
from proving.servers.server import Server

AnyServer = TypeVar("AnyServer", bound=Server)


def shared(server: type[AnyServer], request: pytest.FixtureRequest, **options: Any) -> AnyServer:
    """The run's server of this kind: the first to ask starts it, the others wait and find it."""
    folder = _folder_of_the_run(request)
    with (folder / f"{server.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = folder / f"{server.name}.json"
        if note.exists():
            known = json.loads(note.read_text())
            return server(folder=Path(known.pop("folder")), **known)
        # Entered and not left: the guardian ends it with the run.
        started = server(owner=_process_of_the_run(request), **options).__enter__()
        note.write_text(json.dumps(vars(started), default=str))
        return started


def end_with_the_run(config: pytest.Config) -> None:
    """Kill this worker, and so the servers of its own, when the run's process is killed."""
    if _is_worker(config):
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _process_of_the_run(request: pytest.FixtureRequest) -> int:
    return os.getppid() if _is_worker(request.config) else os.getpid()


def _folder_of_the_run(request: pytest.FixtureRequest) -> Path:
    own: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    return own.parent if _is_worker(request.config) else own
