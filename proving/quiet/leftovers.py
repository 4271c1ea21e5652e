"""What is left behind: in queues, tables, locks, handles and processes."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from proving.rig.installation import Installation
from proving.servers.guardian import descendants
from workers.brokers import contract_topology, queue_depths
from workers.hints import task_queues
from workers.hints.task_brokers import TasksUnavailable

#: A fence is found after so long (`workers.scheduling.scheduler.RUNNING_LEASE_SECONDS`), and a little.
FENCE_SECONDS = 150
#: What is left for so long stays: longer than Dramatiq takes to find the hints that a killed worker held.
STAYS_SECONDS = 75.0
#: Handles of one process: connections, libraries, logs. More is a leak.
MOST_HANDLES = 128


def while_running(installation: Installation) -> dict[str, Any]:
    """Look while everything runs and nothing is left to do, until nothing is found or it stays.

    A hint may be on its way, or a session at its end: what is seen once need not be left.
    """
    until = time.monotonic() + STAYS_SECONDS
    found = _look(installation)
    while any(found.values()) and time.monotonic() < until:
        time.sleep(0.5)
        found = _look(installation)
    return found


def _look(installation: Installation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = [queue.name for queue in contract_topology(installation.agencies).queues]
    for name, depth in queue_depths(installation.places.broker_url, names).items():
        count = (depth.ready or 0) + (depth.unacknowledged or 0)
        found[f"queue {name}"] = f"{count} messages" if count else None
    try:
        for name, hints in task_queues.depths(installation.places.tasks_url).items():
            found[f"hints in {name}"] = f"{hints}" if hints else None
    except TasksUnavailable as away:
        found["hints"] = str(away)
    found |= _of_database(installation)
    for name, process in {**installation.processes, **installation.consumers}.items():
        handles = _handles(process.pid)
        found[f"handles of {name}"] = f"{handles} handles" if handles > MOST_HANDLES else None
        if process.pid is None:
            found[f"process {name}"] = "it does not run"
    return found


def _of_database(installation: Installation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with installation.database.read() as tx:
        if tx.postgresql:
            queries = {
                "fences of sets that nobody runs": (
                    "SELECT count(*) FROM running WHERE started_at < now() - "
                    f"interval '{FENCE_SECONDS} seconds'"
                ),
                "sessions idle in a transaction": (
                    "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%' "
                    "AND state_change < now() - interval '5 seconds' AND datname = current_database()"
                ),
                "locks that somebody waits for": "SELECT count(*) FROM pg_locks WHERE NOT granted",
            }
        else:
            queries = {
                "fences of sets that nobody runs": (
                    "SELECT count(*) FROM running WHERE "
                    f"started_at < datetime('now', '-{FENCE_SECONDS} seconds')"
                )
            }
        for name, sql in queries.items():
            count = tx.connection.exec_driver_sql(sql).scalar_one()
            found[name] = f"{count}" if count else None
    return found


def _handles(pid: int | None) -> int:
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def after_stopping(installation: Installation, codes: dict[str, int]) -> dict[str, Any]:
    """Look when every process has been asked to stop and has ended."""
    found: dict[str, Any] = {
        f"end of {name}": None if code == 0 else f"exit code {code}" for name, code in codes.items()
    }
    servers = {int((server.folder / "guardian.pid").read_text()) for server in installation.servers.values()}
    others = installation.beside | servers
    below = set(descendants(os.getpid())) - others - {pid for each in others for pid in descendants(each)}
    orphans = [_program(pid) for pid in below]
    found["processes that are left"] = [each for each in orphans if "writeoff" in each or "proving" in each]
    return found


def _program(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""


def troubles(installation: Installation) -> dict[str, int]:
    """Count what roles logged as unforeseen, by the end of its traceback. Not a broken promise by itself."""
    found: dict[str, int] = {}
    for process in installation.processes.values():
        for line in process.log.read_text(errors="replace").splitlines():
            if '"exception"' in line or line.startswith("Traceback"):
                key = line[-200:]
                found[key] = found.get(key, 0) + 1
    return found
