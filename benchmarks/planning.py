"""A plan of many accounts: how long `writeoff plan` takes, and how much memory (R4)."""

import subprocess
import time

from benchmarks.installation import Installation
from proving.speed import processes
from writeoff.value import Value

#: How often its memory is looked at: a peak that it has had stays told until its end.
_LOOK_SECONDS = 0.1


class Planned(Value, frozen=True, kw_only=True):
    """One plan, with the whole command around it, and the most memory that its process had."""

    accounts: int
    seconds: float
    memory_mib: float


def measure(place: Installation, name: str, accounts: int) -> Planned:
    """Plan the loaded accounts `name-0000000` and so on, each of them printed as CSV to nobody."""
    wanted = place.folder / f"{name}.csv"
    ids = (f"{name}-{number:07}" for number in range(accounts))
    wanted.write_text("\n".join(["account_id", *ids, ""]))
    arguments = ("plan", str(wanted), "--opco", place.opco, "--csv", "--as", "bench", "--role", "admin")
    errors = place.folder / "plan.stderr"
    started = time.monotonic()
    peak = 0.0
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            place.command_line(*arguments),
            env=place.environment(),
            cwd=place.folder,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        # What the system tells of a child at its end begins with the peak of the parent that started it.
        while process.poll() is None:
            peak = max(peak, processes.memory_mib([process.pid]))
            time.sleep(_LOOK_SECONDS)
    seconds = time.monotonic() - started
    if process.returncode:
        raise RuntimeError(f"writeoff plan: {process.returncode} {errors.read_text()}")
    return Planned(accounts=accounts, seconds=seconds, memory_mib=peak)
