"""One server of a kind for a whole test run, whichever worker of pytest-xdist needs it first.

It belongs to the process that the run was started as, and ends with that process.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.servers.server import Server

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
        started = server(owner=_process_of_the_run(request), **options)
        started.start()
        note.write_text(json.dumps(vars(started), default=str))
        return started


def _is_worker(request: pytest.FixtureRequest) -> bool:
    return hasattr(request.config, "workerinput")


def _process_of_the_run(request: pytest.FixtureRequest) -> int:
    return os.getppid() if _is_worker(request) else os.getpid()


def _folder_of_the_run(request: pytest.FixtureRequest) -> Path:
    own: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    return own.parent if _is_worker(request) else own
