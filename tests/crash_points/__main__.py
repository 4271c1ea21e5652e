"""`make crash-points`: sweeps every combination of servers, and writes docs/crash-points.md.

python -m tests.crash_points [--only sqlite-redis|...|pairs [--part 0/4]] [--steps 3] [--page]
Findings are kept in var/crash-points, so that a sweep may be done in parts; `--page` writes the page of them.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from random import Random

from proving.servers.postgresql import PostgreSQL
from proving.servers.rabbitmq import RabbitMQ
from proving.servers.valkey import Valkey
from tests.crash_points import page
from tests.crash_points.combinations import COMBINATIONS, PAIRS_ON
from tests.crash_points.lives import Lives
from tests.crash_points.place import Places
from tests.crash_points.sweep import Findings, Sweep

FINDINGS = page.REPOSITORY / "var" / "crash-points"
#: Killed processes need no disk: what a power cut does is the servers' own promise.
MEMORY = Path("/dev/shm")  # noqa: S108 - in a folder of its own
#: Each point kills in so many steps of the life, where so many pass it; chance chooses them.
STEPS = 3
SEED = 1
#: Pairs of kills, as a name among the combinations.
PAIRS = "pairs"
#: Each is done in so many parts: what one has found is kept when the next one fails.
PARTS = {**dict.fromkeys(COMBINATIONS, 1), PAIRS: 8}


@contextmanager
def swept(combination: str) -> Iterator[Sweep]:
    """Start the servers of a combination, and a sweep on them."""
    database, _, broker = combination.partition("-")
    with ExitStack() as stack:
        place = MEMORY if MEMORY.is_dir() else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="writeoff-", dir=place)))
        where = stack.enter_context(PostgreSQL(fsync=False)) if database == "postgresql" else folder
        server: RabbitMQ | Valkey = RabbitMQ() if broker == "rabbitmq" else Valkey()
        stack.enter_context(server)
        yield Sweep(stack.enter_context(Lives(Places(folder, where, server))), combination)


def points(combination: str, most: int, part: int, parts: int) -> Findings:
    """Kill at every point, in so many steps of the life; only in a part of the lives that this takes."""
    with swept(combination) as sweep:
        for packed in sweep.packed(sweep.points(Random(SEED), most))[part::parts]:  # noqa: S311 - any will do
            sweep.run(packed)
        if part == parts - 1:
            sweep.run_lasting()
        return sweep.findings


def pairs(part: int, parts: int) -> Findings:
    """Kill at a part of the pairs."""
    with swept(PAIRS_ON) as sweep:
        sweep.run_pairs(sweep.pairs(part, parts))
        return sweep.findings


def keep(name: str, findings: Findings, seconds: float) -> None:
    """Keep findings for the page, and say what they are."""
    FINDINGS.mkdir(parents=True, exist_ok=True)
    (FINDINGS / f"{name}.json").write_text(json.dumps(asdict(findings), indent=1, sort_keys=True))
    kills = sum(findings.kills.values())
    wrong = (
        f"{len(findings.differences)} lives came to something else"
        if findings.differences
        else "all the same"
    )
    print(f"{name}: {kills} kills in {findings.lives} lives, {seconds:.0f} s: {wrong}")  # noqa: T201
    for difference in findings.differences:
        print(f"  {difference}")  # noqa: T201


def main() -> int:
    """Sweep, write the page; 1 where a life came to something else, or a point was never reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=[*COMBINATIONS, PAIRS])
    parser.add_argument("--part", metavar="NUMBER/PARTS")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    everything = not options.only and not options.page
    if everything:
        shutil.rmtree(FINDINGS, ignore_errors=True)
    for name in [*COMBINATIONS, PAIRS] if everything else [options.only] * bool(options.only):
        parts = [options.part] if options.part else [f"{n}/{PARTS[name]}" for n in range(PARTS[name])]
        for part, _, of in (each.partition("/") for each in parts):
            began = time.monotonic()
            found = (
                pairs(int(part), int(of))
                if name == PAIRS
                else points(name, options.steps, int(part), int(of))
            )
            keep(f"{name}-{part}-of-{of}", found, time.monotonic() - began)
    if not (everything or options.page):
        return 0
    problems = page.write(FINDINGS)
    for problem in problems:
        print(problem)  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
