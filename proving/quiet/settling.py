"""Waiting until an installation is quiet: stories told, nothing due, queues empty."""

import time
from collections.abc import Callable

from sqlalchemy import text

from proving.load.generator import Generator
from proving.rig.installation import Installation
from store.engine.errors import StoreError
from workers.brokers import BrokerUnavailable, queue_depths
from workers.scheduling.settling import to_do
from writeoff.value import Value

#: Between looks: each opens connections, and disturbs what it looks at.
LOOK_SECONDS = 0.5
#: How long nothing may happen before the date moves on.
STILL_SECONDS = 3.0
#: Days at a time, and how often: past the sixty days of a template, and what began meanwhile.
JUMP_DAYS, JUMPS = 61, 4
#: Longest that one day may take to settle: the leases of what was killed, one after another.
DAY_SECONDS = 240.0
#: So often in a row nothing must be left.
QUIET_LOOKS = 3


class Quiet(Value, frozen=True, kw_only=True):
    """How quiet it became: what was left, what stories waited for, and how long it took."""

    left: dict[str, int]
    stuck: list[str]
    seconds: float
    lost: int = 0


def settle(
    installation: Installation, generator: Generator, watch: Callable[[str], None], *, limit_seconds: float
) -> Quiet:
    """Let everything end. What somebody's Redis took and nobody saw is counted as lost, and said again."""
    began = time.monotonic()
    deadline = began + limit_seconds
    generator.finish()
    left: dict[str, int] = {}
    jumps = 0
    lost: set[int] = set()
    while time.monotonic() < deadline:
        left = _day(installation, generator, watch, min(deadline, time.monotonic() + DAY_SECONDS))
        if left:
            break
        if unheard := _lost(installation, generator) - lost:
            lost |= unheard
            generator.say_again(sorted(unheard))
        elif generator.over() and jumps:
            break
        elif jumps < JUMPS:
            jumps += 1
            generator.jump(JUMP_DAYS)
        else:
            break
    return Quiet(left=left, stuck=generator.stuck(), seconds=time.monotonic() - began, lost=len(lost))


def _day(
    installation: Installation, generator: Generator, watch: Callable[[str], None], deadline: float
) -> dict[str, int]:
    """Wait until nothing is left to do on this date and no story goes on; return what is left then."""
    quiet, before = 0, generator.progress()
    still_since = time.monotonic()
    left: dict[str, int] = {"everything": 1}
    while time.monotonic() < deadline:
        left = look(installation)
        if left or generator.busy():
            quiet, still_since = 0, time.monotonic()
        else:
            quiet += 1
        if (now := generator.progress()) != before:
            before, still_since = now, time.monotonic()
        watch(", ".join(f"{count} {name}" for name, count in left.items()) or "stories")
        still = time.monotonic() - still_since >= STILL_SECONDS
        if quiet >= QUIET_LOOKS and (generator.over() or still):
            return {}
        time.sleep(LOOK_SECONDS)
    return left or {"messages that the broker does not take": 1}


def look(installation: Installation) -> dict[str, int]:
    """Count what is left to do, in the database and in every queue; a server that is away counts too."""
    try:
        left = to_do(installation.database, installation.places.broker_url)
        depths = queue_depths(installation.places.broker_url, installation.consumed)
    except (StoreError, BrokerUnavailable) as away:
        installation.database.close()
        return {f"server that does not answer ({away})": 1}
    for name, depth in depths.items():
        if count := (depth.ready or 0) + (depth.unacknowledged or 0):
            left[f"in the queue {name}"] = count
    with installation.database.read() as tx:
        waiting = tx.execute(
            text("SELECT count(*) FROM inbox WHERE state = 'waiting' AND opco = :opco"),
            {"opco": installation.opcos["KE"]},
        ).scalar_one()
    # Rwanda's wait for as long as it takes: their stories know how they end.
    if waiting:
        left["messages that wait for their account"] = int(waiting)
    return left


def _lost(installation: Installation, generator: Generator) -> set[int]:
    """Return what Redis acknowledged and the database has neither as a message nor as a dead letter.

    What RabbitMQ has acknowledged is never lost, nor what a Redis of the rig's own has, which writes first:
    there the checker will miss it, and nobody says it again.
    """
    if installation.combination.broker != "redis" or "broker" in installation.servers:
        return set()
    with installation.database.read() as tx:
        heard = {tuple(row) for row in tx.connection.exec_driver_sql("SELECT source, id FROM inbox")}
        dead = {row[0] for row in tx.connection.exec_driver_sql("SELECT sha256 FROM dead_letters")}
    return {
        number
        for number, intent in generator.diary.intents.items()
        if generator.diary.acknowledged.get(number)
        and (intent.source, intent.id) not in heard
        and intent.sha256 not in dead
    }
