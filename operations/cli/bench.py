"""How fast this installation is, measured in a place of its own."""

import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from operations.benching import given, named
from operations.cli.options import Json
from operations.cli.printing import emit, grouped, note, table
from operations.failures import CommandFailed
from proving.places import own_place
from proving.speed.bench import Benched
from proving.speed.bench import bench as run
from workers.settings import Settings

#: Seeds that are made up: short enough to be said on the telephone.
_SEEDS = 100_000

Accounts = Annotated[int, typer.Option("--accounts", min=10, max=1_000_000, help="Write-offs a run.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, max=100, help="Pairs of runs; the median counts.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Worker processes to start.")]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, help="Names the place bench-SEED; made up without.")
]
Vhost = Annotated[
    str | None, typer.Option("--vhost", help="An empty vhost made beforehand, where none can be made.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the place as it is, to look into it.")]


def bench(  # noqa: PLR0917 - options
    accounts: Accounts = 2_000,
    rounds: Rounds = 1,
    workers: Workers = 2,
    seed: Seed = None,
    vhost: Vhost = None,
    keep: Keep = False,  # noqa: FBT002 - an option
    as_json: Json = False,  # noqa: FBT002 - an option
) -> None:
    """Measure write-offs on this installation's servers, in a place of its own that is made and dropped.

    Live data is not touched; the servers are loaded, so that the live installation is slower meanwhile.
    """
    name = named("bench", secrets.randbelow(_SEEDS) if seed is None else seed)
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix=f"writeoff-{name}-"))
    try:
        with own_place(given(Settings(), vhost), name, keep=keep, tell=_tell) as place:
            found = run(place, folder, accounts=accounts, rounds=rounds, workers=workers, tell=_tell)
    except (RuntimeError, TimeoutError) as error:
        raise CommandFailed(f"{error} (logs are kept there)") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    emit(found, lambda to: _draw(to, found, kept=keep), as_json=as_json)


def _draw(to: Console, found: Benched, *, kept: bool) -> None:
    table(
        to,
        ["Requests", "Write-offs>", "Events/s>", "Messages/s>", "CPU s for 1,000 events>"],
        [
            (
                "one bulk message" if way == "bulk" else "single messages",
                grouped(str(found.accounts)),
                grouped(f"{rate:.0f}"),
                grouped(f"{found.messages_a_second[way]:.0f}"),
                f"{sum(found.cpu_seconds_per_1000_events[way].values()):.3f}",
            )
            for way, rate in found.events_a_second.items()
        ],
    )
    ways = list(found.cpu_seconds_per_1000_events)
    table(
        to,
        ["Process!", *(f"{way.capitalize()}, CPU s for 1,000 events>" for way in ways), "MiB>"],
        [
            (
                process,
                *(f"{found.cpu_seconds_per_1000_events[way][process]:.3f}" for way in ways),
                f"{found.memory_mib.get(process, 0):.0f}",
            )
            for process in found.cpu_seconds_per_1000_events[ways[0]]
        ],
    )
    for each in found.checks:
        note(to, each)
    if found.servers_elsewhere:
        note(to, f"not seen from here, and so not counted: {', '.join(found.servers_elsewhere)}")
    if found.servers_counted:
        note(to, "a server's figures hold whatever else it did meanwhile")
    if found.load_at_start > found.cores / 2:
        note(to, f"the machine was busy when this began: load {found.load_at_start}, {found.cores} cores")
    note(to, f"the place {found.place} was {'kept' if kept else 'dropped'}")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
