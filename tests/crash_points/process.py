"""The process that lives, and is killed: forked, so that it is there at once with everything imported.

`python -m tests.crash_points.process` reads places and troubles, one JSON a line, forks a process for each,
and answers with how it ended: 0, 1, or -9 where it was killed. The first life it lives itself, undisturbed:
those that are forked afterwards find every statement compiled, which is most of the cost of a short life.
"""

import functools
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from amqp.exceptions import NotFound

from messages.destinations import INBOUND
from proving.servers.guardian import PR_SET_PDEATHSIG, prctl
from store.crash_points import POINTS, watch
from store.engine.database import Database
from tests.crash_points import life
from tests.crash_points.life import NOTED, Step
from tests.crash_points.place import Place, Trouble
from tests.support import world as worlds
from tests.support.outcome import rows, said
from tests.support.world import World
from workers.brokers.address import BrokerAddress, BrokerKind
from workers.brokers.rabbitmq.connection import Link as RabbitLink
from workers.brokers.redis.connection import Link as RedisLink
from workers.requests import expansion
from workers.scheduling import upkeep

#: Longer than any lease: the fence of a dead worker's set is the longest.
AWAY_SECONDS = 130.0
#: How long RabbitMQ may take to notice that a process is gone.
NOTICE_SECONDS = 60.0
#: Everything of a step is done within: a few deliveries, events and confirms.
STEP_SECONDS = 300


class Broken(Exception):
    """The code breaks here."""


class Watcher:
    """Notes every point that is passed in a watched step, and brings the troubles that are to come."""

    def __init__(self, place: Place, troubles: Sequence[Trouble]) -> None:
        self._place = place
        self._troubles = troubles
        self._fired: int = place.read("fired", 0)
        self._hits = 0
        self._passed = os.open(f"{place.folder}/passed", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.step: str | None = None

    def reached(self, point: str) -> None:
        """Be told of a point."""
        if self.step is None:
            return
        if point not in POINTS:
            raise AssertionError(f"{point} is no crash point")
        os.write(self._passed, f"{self.step}\t{point}\n".encode())
        if self._fired == len(self._troubles):
            return
        trouble = self._troubles[self._fired]
        if trouble.point != point or trouble.step not in {None, self.step}:
            return
        self._hits += 1
        if self._hits < trouble.hit:
            return
        self._fired += 1
        self._hits = 0
        self._place.write("fired", self._fired)
        if trouble.breaks:
            raise Broken(point)
        os.kill(os.getpid(), signal.SIGKILL)


def live(place: Place, troubles: Sequence[Trouble]) -> None:
    """Live, from the step on that is to be done next, to the end; note what it came to."""
    watcher = Watcher(place, troubles)
    watch(watcher.reached)
    again = place.read("starts", 0)
    place.write("starts", again + 1)
    if again:
        _let_the_broker_notice(place.broker_url)
    watcher.step = "start"
    world = World(place.database_url, place.broker_url, policy_dir=place.policy_dir, business_date=None)
    watcher.step = None
    if again:
        world.age(AWAY_SECONDS)
    # Polled, because RabbitMQ says what waits: a look costs less than the time until nothing has come.
    patience, world.patience = world.patience, 0.02
    todo: list[Step] = life.steps()
    for number in range(place.read("done", 0), len(todo)):
        _do(world, watcher, todo[number])
        if todo[number].name == NOTED:
            place.write("noted", _plain({"rows": rows(world), **life.numbers(world)}))
        place.write("done", number + 1)
    world.patience = patience
    came_to = {"said": _said(world), "rows": rows(world), **life.numbers(world)}
    came_to["queues"] = world.depths()
    world.close()
    place.write("came to", _plain(came_to))


def _do(world: World, watcher: Watcher, step: Step) -> None:
    if not step.watched:
        step.do(world)
        return
    watcher.step = step.name
    signal.alarm(STEP_SECONDS)
    try:
        step.do(world)
        watcher.step = None
        while world.depths():  # some came while nobody looked
            watcher.step = step.name
            world.run()
            watcher.step = None
    finally:
        signal.alarm(0)
        watcher.step = None


def _let_the_broker_notice(url: str) -> None:
    """Let time pass for the broker: it gives back what the killed process had in hand."""
    address = BrokerAddress.of(url)
    if address.kind is BrokerKind.REDIS:
        redis = RedisLink(address)
        with redis.guarded():
            for tag in redis.client.zrange(redis.channel.unacked_index_key, 0, -1):
                redis.client.zincrby(redis.channel.unacked_index_key, -AWAY_SECONDS, tag)
        redis.close()
        return
    rabbit = RabbitLink(address)
    deadline = time.monotonic() + NOTICE_SECONDS
    with suppress(NotFound):  # killed before it declared the queues
        for queue in INBOUND:
            while rabbit.channel.queue_declare(queue.name, passive=True).consumer_count:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{queue.name} is consumed by a process that is dead")
                time.sleep(0.01)
    rabbit.close()


def _said(world: World) -> dict[str, dict[str, Any]]:
    """Return what each consumer was told; when a dead letter was first seen is a moment of the clock."""
    found = said(world.read())
    for _, data in found["writeoff.dead-letter"].values():
        del data["first_seen"]
    return found


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str, sort_keys=True))


def _say_it_in(place: Place) -> None:
    """Have what this process says from now on in the place's log."""
    log = os.open(f"{place.folder}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _fork(place: Place, troubles: Sequence[Trouble]) -> int:
    """Fork, live, and return the exit code, negative where a signal ended it."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = 1
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _say_it_in(place)
        live(place, troubles)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, it ends here and not in the server's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )
    # Small sets, so that what takes several of them is killed between them.
    expansion.ITEMS_A_SET = 2
    upkeep.REPLAY_A_SET = upkeep.CLEAN_A_SET = 30
    # Compiled statements belong to an engine: one for all lives, which has no connection when it is forked.
    worlds.Database = functools.lru_cache(Database)  # type: ignore[assignment, misc]
    warm = False
    for line in sys.stdin:
        job = json.loads(line)
        place, troubles = Place(**job["place"]), [Trouble(**each) for each in job["troubles"]]
        if warm or troubles:
            code = _fork(place, troubles)
        else:
            _say_it_in(place)
            live(place, troubles)
            watch(None)
            code, warm = 0, True
        answers.write(f"{code}\n")
        answers.flush()


if __name__ == "__main__":
    main()
