"""CPU and memory of processes, as Linux counts them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def family(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return CPU seconds of user and system, of children that have ended too: PostgreSQL has such."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pids: Sequence[int]) -> float:
    """Return the peak of a process; of several what they have now, what they share divided among them."""
    if len(pids) == 1:
        return _kibibytes(f"/proc/{pids[0]}/status", "VmHWM:") / 1024
    return sum(_kibibytes(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids) / 1024


def _kibibytes(path: str, field: str) -> int:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(field))
