"""Which lives are lived so that every point kills somewhere, and what is told of them.

Kills in different steps do not meet: each step ends with nothing left to do. So one life takes many of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from store.crash_points import POINTS
from tests.crash_points import life
from tests.crash_points.lives import Life, Lives, TroubleNeverCame, differences
from tests.crash_points.place import Trouble

#: What every process passes first.
RESTART = ("start", "start.installed")
#: What comes to a step in one life, in this order: a kill, or what makes a way to a point and then a kill.
Chain = tuple[Trouble, ...]


def _broken(point: str, step: str, times: int = 1) -> Chain:
    return (Trouble(point=point, step=step, breaks=True),) * times


def _killed(point: str, step: str, times: int = 1) -> Chain:
    return (Trouble(point=point, step=step),) * times


#: Ways to points of recovery, after which everything is as if there had been no trouble at all.
HEALING: Mapping[str, Chain] = {
    "intake.marked": _killed("intake.decided", "snapshots"),
    "intake.halved": _broken("intake.journaled", "snapshots"),
    "redis.given-back": _killed("intake.decided", "requests"),
    "events.unfenced": _broken("events.decided", "requests"),
    "events.counted": _broken("events.decided", "opt-out", 2),
    "scheduler.halved": _killed("events.fenced", "bulk"),
    "timers.postponed": _broken("timers.decided", "requests: later"),
}
#: Ways after which something has failed for good, as it should: a life with them is compared with another.
#: An event is tried five times, each time twice: with what follows it, and alone.
LASTING: Sequence[Mapping[str, Chain]] = (
    {
        "requests.set-aside": _broken("requests.decided", "bulk", 2),
        "events.failed": _broken("events.decided", "opt-out", 10),
        "intake.buried": _killed("intake.journaled", "alone", 3),
    },
    {"scheduler.gave-up": _killed("events.fenced", "opt-out", 5)},
)


@dataclass(kw_only=True)
class Findings:
    """How often each point killed, and what differed after it; of pairs likewise."""

    kills: dict[str, int] = field(default_factory=dict)
    pairs: int = 0
    lives: int = 0
    differences: list[str] = field(default_factory=list)


class Sweep:
    """Sweeps one combination of servers."""

    def __init__(self, lives: Lives, combination: str) -> None:
        self._lives = lives
        self._here = {"everywhere", *combination.split("-")}
        self.findings = Findings()
        self.plain = lives.live()
        self._number = {step.name: number for number, step in enumerate([*_start(), *life.steps()])}
        #: By point, the steps in which it is passed when nothing is wrong, the first ones first.
        self.steps: dict[str, list[str]] = {}
        for step, point in self.plain.passed:
            if step not in self.steps.setdefault(point, []):
                self.steps[point].append(step)

    def points(self, random: Random, most: int = 1) -> list[Chain]:
        """Return what kills at each point, in so many steps that pass it.

        Chance chooses them, among those that few others want: so few lives are needed.
        """
        found = self.recoveries()
        wanted = Counter(_place(chain) for chain in found)
        for point, steps in sorted(self.steps.items(), key=lambda each: (len(each[1]), each[0])):
            by_chance = random.sample(steps, len(steps))
            chosen = sorted(by_chance, key=lambda step: wanted[_base(step)])[:most]
            found += [_killed(point, step) for step in chosen]
            wanted.update(map(_base, chosen))
        return found

    def recoveries(self) -> list[Chain]:
        """Return what kills at each point of recovery that heals, where these servers have it."""
        return [
            (*way, Trouble(point=point, step=way[-1].step))
            for point, way in HEALING.items()
            if POINTS[point].where in self._here
        ]

    def run(self, chains: Iterable[Chain]) -> None:
        """Live lives with these chains, packed; everything must come to what the undisturbed life came to."""
        for packed in self.packed(chains):
            self._judge(self.plain, packed)

    def run_lasting(self) -> None:
        """Kill at points behind which something has failed for good, and compare with the same failures."""
        for ways in LASTING:
            ordered = sorted(ways.items(), key=lambda way: self._when(way[1]))
            expected = self._live([way for _, way in ordered])
            chains = [(*way, Trouble(point=point, step=way[-1].step)) for point, way in ordered]
            self._judge(expected, chains, kills=[chain[-1:] for chain in chains])

    def run_pairs(self, chains: Iterable[Chain]) -> None:
        """As `run`, of pairs."""
        found = list(chains)
        self.run(found)
        self.findings.pairs += len(found)

    def pairs(self, share: int = 0, shares: int = 1) -> list[Chain]:
        """Return a share of all pairs: killed at a point, and again at each that is reached from there.

        What is reached is looked up in lives with one kill.
        """
        firsts = [(point, step) for point, steps in sorted(self.steps.items()) for step in steps[:1]]
        found: list[Chain] = []
        for point, step in firsts[share::shares]:
            first = Trouble(point=point, step=step)
            lived = self._live([(first,)])
            restart = max(
                n for n, passed in enumerate(lived.passed) if passed == ("start", "start.installed")
            )
            after = [passed for passed in lived.passed[restart:] if passed[0] in {"start", step}]
            seconds = dict.fromkeys(second for where, second in after if where == step)
            found += [(first, Trouble(point=second, step=step)) for second in seconds]
        return found

    def packed(self, chains: Iterable[Chain]) -> list[list[Chain]]:
        """Pack chains into few lives, at most one a step, those in the order of the life."""
        lives: list[dict[str, Chain]] = []
        for chain in chains:
            place = _place(chain)
            for taken in lives:
                if place not in taken:
                    taken[place] = chain
                    break
            else:
                lives.append({place: chain})
        return [sorted(taken.values(), key=self._when) for taken in lives]

    def _when(self, chain: Chain) -> int:
        return self._number[chain[0].step or ""]

    def _judge(self, expected: Life, chains: Sequence[Chain], kills: Sequence[Chain] | None = None) -> None:
        try:
            found = self._live(chains)
        except TroubleNeverCame as never:
            if len(chains) == 1 or kills is not None:
                self.findings.differences.append(str(never))
                return
            for chain in chains:  # what befell one step has changed another
                self._judge(expected, [chain])
            return
        for chain in chains if kills is None else kills:
            for trouble in chain:
                if not trouble.breaks:
                    self.findings.kills[trouble.point] = self.findings.kills.get(trouble.point, 0) + 1
        if differ := differences(expected.came_to, found.came_to):
            names = "; ".join(f"{trouble} in {trouble.step!r}" for chain in chains for trouble in chain)
            self.findings.differences.append("\n  ".join([names, *differ]))

    def _live(self, chains: Iterable[Chain]) -> Life:
        self.findings.lives += 1
        return self._lives.live(*(trouble for chain in chains for trouble in chain))


def _base(step: str) -> str:
    """Return what no two kills of one life share: a step with what waits until after it.

    Time passes for a process that is killed, and what would have been due later is done at once.
    """
    return step.partition(":")[0]


def _place(chain: Chain) -> str:
    return _base(chain[0].step or "")


def _start() -> list[life.Step]:
    return [life.Step("start", lambda _world: None)]
