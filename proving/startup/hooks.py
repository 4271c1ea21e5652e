"""Which hooks a process runs at its start: named in its environment, in variables that only the rig sets."""

import os
from collections.abc import Mapping
from pathlib import Path

#: Seconds by which the process's clock is wrong.
CLOCK = "PROVE_CLOCK_SHIFT_SECONDS"
#: The safeguard that is missing (`proving.safeguards`).
WITHOUT = "PROVE_WITHOUT"
#: The crash point at which the process kills itself: `relay.sent`, `relay.sent#2` for the second time.
DIES_AT = "PROVE_DIES_AT"
#: Likewise where it stops itself, until somebody lets it go on.
STOPS_AT = "PROVE_STOPS_AT"
#: The file while which SQLite's disk is full.
FULL_DISK = "PROVE_FULL_DISK"

_FOLDER = str(Path(__file__).parent)


def hooked(environment: Mapping[str, str], **variables: str) -> dict[str, str]:
    """Return an environment in which Python starts with these hooks."""
    before = environment.get("PYTHONPATH", os.environ.get("PYTHONPATH", "")).split(os.pathsep)
    path = os.pathsep.join([_FOLDER, *(each for each in before if each not in ("", _FOLDER))])
    return {**environment, **variables, "PYTHONPATH": path}


def apply(environment: Mapping[str, str]) -> None:
    """Do what the environment asks for. Raises for what is not there to be changed."""
    if shift := environment.get(CLOCK):
        from proving.startup.clock import shift_by  # noqa: PLC0415 - nothing is loaded that is not asked for

        shift_by(int(shift))
    if name := environment.get(WITHOUT):
        from proving.safeguards.removing import remove  # noqa: PLC0415

        remove(name)
    if place := environment.get(DIES_AT):
        from proving.startup.dying import die_at  # noqa: PLC0415

        die_at(place)
    if place := environment.get(STOPS_AT):
        from proving.startup.dying import stop_at  # noqa: PLC0415

        stop_at(place)
    if flag := environment.get(FULL_DISK):
        from proving.startup.full_disk import full_while  # noqa: PLC0415

        full_while(Path(flag))
