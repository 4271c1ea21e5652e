"""One trial: an installation under load and faults for a while, then quiet, then the check."""

import platform
import time
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path

from msgspec import field

from proving.checker.checking import check
from proving.checker.evidence import read
from proving.checker.findings import Tally
from proving.load.generator import Generator
from proving.quiet import leftovers
from proving.quiet.settling import Quiet, settle
from proving.rig.faults import Nemesis
from proving.rig.installation import ROLES, Installation, installed
from proving.rig.places import Combination, Places, private
from proving.rig.policies import NAMES
from proving.rig.roles import RigError
from proving.rig.routes import OpenRoute, direct
from writeoff.value import Value

FIRST_DAY = date(2026, 11, 3)
#: Upstream's pace.
MESSAGES_A_SECOND = 40.0
#: Longest that it may take until everything is quiet.
QUIET_SECONDS = 600.0

Watch = Callable[[str], None]


class Plan(Value, frozen=True, kw_only=True):
    """What is tried: on which servers, with which seed, for how long.

    `roles` are processes of each; `settings` are further variables of every process of the product;
    `opcos` is what Rwanda and Kenya are called.
    """

    combination: Combination
    seed: int
    seconds: float
    messages_a_second: float = MESSAGES_A_SECOND
    roles: Mapping[str, int] = field(default_factory=lambda: dict(ROLES))
    quiet_seconds: float = QUIET_SECONDS
    settings: Mapping[str, str] = field(default_factory=dict)
    opcos: Mapping[str, str] = field(default_factory=lambda: dict(NAMES))


class Outcome(Value, frozen=True, kw_only=True):
    """What came of it."""

    plan: Plan
    tallies: list[Tally]
    figures: Mapping[str, int]
    #: Messages by what is tried with them, as `poison: not JSON`.
    sorts: Mapping[str, int]
    stories: Mapping[str, int]
    quiet: Quiet
    #: Exceptions that roles have logged: not promised away, but worth a look.
    troubles: Mapping[str, int]
    versions: Mapping[str, str]
    seconds: float

    @property
    def failures(self) -> int:
        """How many promises were found broken."""
        return sum(tally.failures for tally in self.tallies)


def run(
    plan: Plan,
    folder: Path,
    *,
    watch: Watch,
    nemesis: Nemesis | None = None,
    open_route: OpenRoute = direct,
) -> Outcome:
    """Run a trial on private servers, with its files in a folder of its own.

    Raises `MissingServerError`, and `RigError` where the rig itself failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    watch(f"starting {plan.combination}")
    with private(plan.combination, folder) as places:
        return run_on(places, plan, watch=watch, nemesis=nemesis, open_route=open_route)


def run_on(
    places: Places,
    plan: Plan,
    *,
    watch: Watch,
    nemesis: Nemesis | None = None,
    open_route: OpenRoute = direct,
) -> Outcome:
    """Run a trial on servers that are there."""
    began = time.monotonic()
    installation = Installation(
        places,
        opcos=plan.opcos,
        roles=plan.roles,
        open_route=open_route,
        settings=plan.settings,
    )
    with installed(installation, FIRST_DAY):
        installation.consume()
        generator = Generator(
            seed=plan.seed,
            folder=places.folder,
            broker_url=installation.url("load", "broker"),
            first_day=FIRST_DAY,
            set_date=installation.set_date,
            messages_a_second=plan.messages_a_second,
            opcos=plan.opcos,
        )
        generator.start()
        try:
            _under_load(plan, installation, generator, nemesis, watch)
            watch("quiet")
            installation.mend()
            quiet = settle(installation, generator, watch, limit_seconds=plan.quiet_seconds)
            residue = leftovers.while_running(installation)
        finally:
            generator.end()
        _raise_if_broken(generator)
        codes = installation.stop()
        consumers = {name: process.finish() for name, process in installation.consumers.items()}
        residue |= leftovers.after_stopping(installation, codes | consumers)
        residue |= {f"left to do: {name}": count for name, count in quiet.left.items()}
        watch("checking")
        evidence = read(places.folder, places.database_url)
        evidence.residue = residue
        return Outcome(
            plan=plan,
            tallies=check(evidence),
            figures={
                "stories": len(generator.stories),
                "messages meant": len(generator.diary.intents),
                "messages published": sum(generator.diary.acknowledged.values()),
                "messages lost by the broker": quiet.lost,
                "accounts": len(evidence["accounts"]),
                "processes": len(evidence["processes"]),
                "events": len(evidence["events"]),
                "journals": len(evidence["journals"]),
                "messages written": len(evidence["messages_out"]),
                "deliveries to consumers": sum(map(len, evidence.deliveries.values())),
                "starts of processes": sum(each.starts for each in installation.processes.values()),
            },
            sorts=dict(generator.published),
            stories=_by_sort(generator),
            quiet=quiet,
            troubles=leftovers.troubles(installation),
            versions=versions(),
            seconds=time.monotonic() - began,
        )


def _under_load(
    plan: Plan, installation: Installation, generator: Generator, nemesis: Nemesis | None, watch: Watch
) -> None:
    if nemesis is not None:
        nemesis.start(installation, plan.seed, installation.folder / "faults.jsonl")
    try:
        until = time.monotonic() + plan.seconds
        while (left := until - time.monotonic()) > 0:
            _raise_if_broken(generator)
            told, meant = len(generator.stories), len(generator.diary.intents)
            watch(f"{left:.0f} s left, {told} stories, {meant} messages")
            time.sleep(min(left, 1.0))
    finally:
        if nemesis is not None:
            nemesis.stop()


def _raise_if_broken(generator: Generator) -> None:
    if generator.failed is not None:
        raise RigError(f"the load has broken: {generator.failed!r}") from generator.failed


def _by_sort(generator: Generator) -> dict[str, int]:
    found: dict[str, int] = {}
    for story in generator.stories:
        found[story.sort] = found.get(story.sort, 0) + 1
    return dict(sorted(found.items()))


def versions() -> dict[str, str]:
    """Return what it ran with."""
    return {
        "writeoff": version("writeoff"),
        "Python": platform.python_version(),
        **{name: version(name) for name in ("kombu", "dramatiq", "sqlalchemy", "psycopg")},
        "system": platform.platform(),
    }
