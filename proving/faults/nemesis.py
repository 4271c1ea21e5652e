"""The nemesis: fires every kind of fault there is, again and again, until it is told to stop."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec
import structlog

from proving.faults import catalogue
from proving.faults.disturbance import Disturbance
from proving.faults.log import FaultLog
from proving.rig.faults import Fired
from proving.rig.installation import Installation

log = structlog.get_logger()

#: Seconds of calm between two faults, at most: work is to be under way when the next one comes.
REST_SECONDS = 1.5
#: The shortest that a fault lasts for which it says nothing itself.
SHORTEST_SECONDS = 0.3
#: Rounds that should fit into the time: each kind is fired once a round.
ROUNDS = 2
#: How often an undoing that fails is tried again: a server may need more than one start.
UNDO_TRIES = 5


class RoundsNemesis:
    """A `Nemesis` that goes through all kinds in rounds, each round in another order.

    Every kind is fired once before any is fired twice: so each is fired at least as often as there were whole
    rounds. Brief faults follow one another; those that last for minutes have a lane of their own.
    """

    def __init__(
        self,
        seconds: float,
        *,
        brief: Sequence[Disturbance] | None = None,
        lasting: Sequence[Disturbance] | None = None,
    ) -> None:
        """`seconds` is how long it is going to run: no fault lasts longer, and the others share it."""
        self._seconds = seconds
        self._all_brief = catalogue.brief() if brief is None else brief
        self._all_lasting = catalogue.lasting() if lasting is None else lasting
        self._brief: list[Disturbance] = []
        self._lasting: list[Disturbance] = []
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._numbers = itertools.count(1)
        self._log: FaultLog | None = None
        #: The kinds whose undoing failed to the last, with the reason: a finding about the rig.
        self.problems: dict[str, str] = {}

    def kinds(self) -> frozenset[str]:
        """The kinds that are possible on the installation it was started on, and in the time."""
        return frozenset(each.kind for each in (*self._brief, *self._lasting))

    def start(self, installation: Installation, seed: int, log: Path) -> None:
        """Begin; see `Nemesis`."""
        self._log = FaultLog(log)
        self._brief = [each for each in self._all_brief if each.possible(installation)]
        self._lasting = [
            each
            for each in self._all_lasting
            if each.possible(installation) and each.least_hold_seconds < self._seconds
        ]
        for name, faults in (("brief", self._brief), ("lasting", self._lasting)):
            if faults:
                lane = threading.Thread(
                    target=self._run,
                    args=(installation, faults, Random(f"{seed}:{name}")),  # noqa: S311 - to be repeatable
                    name=f"nemesis-{name}",
                    daemon=True,
                )
                self._threads.append(lane)
                lane.start()

    def stop(self) -> None:
        """Fire no more, undo everything, and return when that is done."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        if self._log is not None:
            self._log.close()
            self._log = None

    def _run(self, installation: Installation, faults: Sequence[Disturbance], random: Random) -> None:
        for fault in rounds(faults, random):
            if self._stopped.wait(random.uniform(0, self._rest(faults))):
                return
            self._fire(installation, fault, random, self._hold(fault, faults))

    def _fire(self, installation: Installation, fault: Disturbance, random: Random, hold: float) -> None:
        fired = Fired(
            number=next(self._numbers),
            kind=fault.kind,
            target=fault.aim(installation, random),
            at=time.time(),
        )
        self._write(fired)
        problem = None
        try:
            fault.strike(installation, fired.target, random)
            self._stopped.wait(hold)
        except Exception as error:  # noqa: BLE001 - the rig's own trouble: told, and undone like any other
            problem = f"{type(error).__name__}: {error}"
            log.warning("prove.fault.failed", kind=fault.kind, target=fired.target, reason=problem)
        undone = self._undo(installation, fault)
        self._write(msgspec.structs.replace(fired, undone_at=time.time(), problem=problem or undone))

    def _undo(self, installation: Installation, fault: Disturbance) -> str | None:
        problem = None
        for _ in range(UNDO_TRIES):
            try:
                fault.undo(installation)
            except Exception as error:  # noqa: BLE001 - as above
                problem = f"{type(error).__name__}: {error}"
                time.sleep(1)
            else:
                return None
        self.problems[fault.kind] = problem or ""
        log.error("prove.fault.stays", kind=fault.kind, reason=problem)
        return problem

    def _write(self, fired: Fired) -> None:
        if self._log is not None:
            self._log.write(fired)

    def _rest(self, faults: Sequence[Disturbance]) -> float:
        return min(REST_SECONDS, self._seconds / ROUNDS / len(faults) / 2)

    def _hold(self, fault: Disturbance, faults: Sequence[Disturbance]) -> float:
        share = max(self._seconds / ROUNDS / len(faults), SHORTEST_SECONDS)
        return max(min(fault.hold_seconds, share), fault.least_hold_seconds)


def rounds(faults: Sequence[Disturbance], random: Random) -> Iterator[Disturbance]:
    """Return the faults round by round, for ever, each round in an order of its own."""
    while True:
        yield from random.sample(faults, len(faults))
