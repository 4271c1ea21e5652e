"""The figures of a proof as rows, for the terminal and for Markdown alike."""

from collections.abc import Sequence

from proving.proof import Proof, Told, fired_by_kind

Rows = Sequence[Sequence[str]]

TRIALS = (
    "Servers",
    "Seed",
    "Under load>",
    "Faults>",
    "Starts>",
    "Stories>",
    "Messages in>",
    "Effects out>",
    "Deliveries>",
    "Lost by Redis>",
    "Broken>",
)
PROMISES = ("Promise", "Tried>", "Broken>", "Rate at most>")
FAULTS = ("Fault", "Fired>")


def trials(proof: Proof) -> Rows:
    """Return a row a trial."""
    return [_trial(each) for each in proof.trials]


def _trial(told: Told) -> Sequence[str]:
    outcome = told.outcome
    figures = outcome.figures
    return (
        str(outcome.plan.combination),
        str(outcome.plan.seed),
        f"{outcome.plan.seconds:.0f} s",
        number(len(told.faults)),
        number(figures["starts of processes"]),
        number(figures["stories"]),
        number(figures["messages published"]),
        number(figures["messages written"]),
        number(figures["deliveries to consumers"]),
        number(figures["messages lost by the broker"]) if outcome.plan.combination.broker == "redis" else "-",
        number(outcome.failures),
    )


def promises(proof: Proof) -> Rows:
    """Return a row a check: how often it looked, and the rate that no failure excludes (3/n)."""
    return [
        (
            tally.promise,
            number(tally.trials),
            number(tally.failures),
            f"1 in {number(round(tally.trials / 3))}" if tally.bound and tally.trials > 3 else "-",  # noqa: PLR2004
        )
        for tally in proof.tallies
    ]


def faults(proof: Proof) -> Rows:
    """Return a row a kind of fault."""
    return [(kind, number(count)) for kind, count in fired_by_kind(proof.trials).items()]


def sorts(proof: Proof) -> Rows:
    """Return a row for each sort of message that was tried, and of story."""
    counts: dict[str, int] = {}
    for told in proof.trials:
        for sort, count in (*told.outcome.stories.items(), *told.outcome.sorts.items()):
            counts[sort] = counts.get(sort, 0) + count
    return [(sort, number(count)) for sort, count in sorted(counts.items())]


def number(value: int) -> str:
    """Return a number with spaces between thousands."""
    return f"{value:,}".replace(",", " ")
