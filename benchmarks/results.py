"""What was measured: medians and spread over the rounds, and the ratios that the goals are about."""

from collections.abc import Mapping, Sequence
from statistics import mean, median, quantiles

from benchmarks.embedded import Embedded
from benchmarks.planning import Planned
from proving.speed.measuring import Measured
from writeoff.value import Value

#: Ratio -> what it is to reach, and whether it is to be at least or at most that.
GOALS: Mapping[str, tuple[str, float]] = {
    "celery_single": ("at least", 30.0),
    "celery_bulk": ("at least", 30.0),
    "dramatiq_single": ("at least", 20.0),
    "dramatiq_bulk": ("at least", 20.0),
    "ceiling": ("at least", 0.5),
    "growth_100k": ("at most", 1.2),
    "latency_p99_over_floor": ("at most", 6.0),
    "latency_p99_over_celery": ("at most", 0.6),
}
PEERS = ("celery", "dramatiq")
WAYS = ("single", "bulk")


class Scaled(Value, frozen=True, kw_only=True):
    """A run with so many workers and relays, and what PostgreSQL's sessions waited for: shares of samples."""

    run: Measured
    waits: Mapping[str, float]


class Results:
    """What has been measured so far. Parts that were not run have no ratios."""

    def __init__(self) -> None:
        #: Series (such as "celery bulk") -> its runs, one a round.
        self.runs: dict[str, list[Measured]] = {}
        #: Events a second, one a round: the mean of what was played before the product's run and after it.
        self.ceiling: list[float] = []
        #: Series -> seconds of each request.
        self.latency: dict[str, list[float]] = {}
        #: Accounts -> their run.
        self.growth: dict[int, Measured] = {}
        #: As many as the first of these, in a new installation after the last: machines change their pace.
        self.growth_again: Measured | None = None
        #: Workers, and relays -> their run.
        self.scaling: dict[int, Scaled] = {}
        #: One process on SQLite and Valkey, one run a round.
        self.embedded: list[Embedded] = []
        #: A plan of the largest growth's accounts, before they run.
        self.planned: list[Planned] = []
        #: Operators' page -> seconds.
        self.pages: dict[str, float] = {}

    def add(self, series: str, measured: Measured) -> None:
        """Add one round's run."""
        self.runs.setdefault(series, []).append(measured)

    def rates(self, series: str) -> list[float]:
        """Return events a second, one a round."""
        return [each.events_a_second for each in self.runs.get(series, [])]

    def ratios(self) -> dict[str, float]:
        """Return every ratio that can be told."""
        found: dict[str, float] = {}
        for peer in PEERS:
            for way in WAYS:
                pairs = zip(self.rates(f"product {way}"), self.rates(f"{peer} {way}"), strict=False)
                if ratios := [ours / theirs for ours, theirs in pairs]:
                    found[f"{peer}_{way}"] = median(ratios)
        pairs = zip(self.rates("product single"), self.ceiling, strict=False)
        if ratios := [ours / most for ours, most in pairs]:
            found["ceiling"] = median(ratios)
        if {10_000, 100_000} <= self.growth.keys():
            small = [cost(run) for run in (self.growth[10_000], self.growth_again) if run is not None]
            found["growth_100k"] = cost(self.growth[100_000]) / mean(small)
        ours = self.latency.get("product on rabbitmq")
        for name, series in (("floor", "floor"), ("celery", "celery")):
            if ours and (other := self.latency.get(series)):
                found[f"latency_p99_over_{name}"] = percentile(ours, 99) / percentile(other, 99)
        return found


def cost(measured: Measured) -> float:
    """Return CPU seconds for 1,000 events, of all processes together."""
    return sum(measured.cpu_per_1000.values())


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile; of few values the last ones lie near the largest."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def spread(values: Sequence[float]) -> float:
    """Return the distance between the largest and the smallest, as a part of the median."""
    return (max(values) - min(values)) / median(values)


def met(ratio: str, value: float) -> bool:
    """Tell whether a goal is reached."""
    sense, goal = GOALS[ratio]
    return value >= goal if sense == "at least" else value <= goal
