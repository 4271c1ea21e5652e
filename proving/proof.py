"""A proof: trials over the combinations of servers, each under load and faults, and what they come to."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from proving.checker.findings import Tally
from proving.faults.log import read as read_faults
from proving.faults.nemesis import RoundsNemesis
from proving.faults.proxy import Proxies
from proving.rig.faults import Fired
from proving.rig.places import BrokerKind, Combination, DatabaseKind, Places
from proving.servers import binaries
from proving.servers.binaries import MissingServerError
from proving.trial import Outcome, Plan, Watch, run, run_on
from writeoff.value import Value

#: Most of the time goes to what production runs on; the others share the rest.
FIRST_SHARE = 0.5
#: Below so many seconds under load nobody can say that each kind of fault will have been fired.
ENOUGH_SECONDS = 180.0


class Told(Value, frozen=True, kw_only=True):
    """One trial as the report tells of it."""

    outcome: Outcome
    faults: list[Fired]
    kinds: frozenset[str]
    folder: str


class Proof(Value, frozen=True, kw_only=True):
    """All trials, their checks added up, and what could not be tried here."""

    seed: int
    seconds: float
    trials: list[Told]
    tallies: list[Tally]
    left_out: list[str]

    @property
    def proved(self) -> bool:
        """Whether no promise was found broken."""
        return not any(tally.failures for tally in self.tallies)


def combinations(
    database: DatabaseKind | None, broker: BrokerKind | None, seed: int
) -> tuple[list[Combination], list[str]]:
    """Return what can be tried here of what is wanted, and a sentence for each that cannot.

    Dramatiq's broker is the other one in every second proof. Raises `MissingServerError` where nothing can.
    """
    found: list[Combination] = []
    left_out: list[str] = []
    for of_database in ("postgresql", "sqlite") if database is None else (database,):
        for of_broker in ("rabbitmq", "redis") if broker is None else (broker,):
            tasks: BrokerKind = "rabbitmq" if of_broker == "rabbitmq" and seed % 2 else "redis"
            combination = Combination(database=of_database, broker=of_broker, tasks=tasks)
            try:
                _need(combination)
            except MissingServerError as missing:
                left_out.append(f"{combination}: {missing}")
            else:
                found.append(combination)
    if not found:
        raise MissingServerError(" ".join(left_out))
    return found, left_out


def _need(combination: Combination) -> None:
    if combination.database == "postgresql":
        binaries.postgresql()
    for kind in {combination.broker, combination.tasks}:
        (binaries.rabbitmq if kind == "rabbitmq" else binaries.valkey)()


def shares(wanted: Sequence[Combination], seconds: float) -> list[float]:
    """Return how many seconds under load each gets."""
    if len(wanted) == 1:
        return [seconds]
    rest = seconds * (1 - FIRST_SHARE) / (len(wanted) - 1)
    return [seconds * FIRST_SHARE, *[rest] * (len(wanted) - 1)]


def prove(
    wanted: Sequence[Combination],
    left_out: Sequence[str],
    *,
    seed: int,
    seconds: float,
    folder: Path,
    watch: Watch,
    least_each: int = 1,
) -> Proof:
    """Run a trial on each combination. Raises `RigError` where the rig itself failed."""
    told = []
    for number, (combination, share) in enumerate(zip(wanted, shares(wanted, seconds), strict=True), 1):
        plan = Plan(combination=combination, seed=seed + number - 1, seconds=share)
        own = folder / f"trial-{number}"
        shutil.rmtree(own, ignore_errors=True)
        told.append(
            _one(
                plan,
                own,
                lambda nemesis, proxies, plan=plan, own=own: run(  # type: ignore[misc]
                    plan, own, watch=watch, nemesis=nemesis, open_route=proxies.open
                ),
            )
        )
    return _together(told, left_out, seed, seconds, least_each)


def prove_on(places: Places, opco: str, *, seed: int, seconds: float, watch: Watch) -> Proof:
    """Run one trial on servers that are there: roles and connections suffer, the servers do not.

    `opco` is what Rwanda is called; Kenya has one letter more.
    """
    opcos = {"RW": opco, "KE": f"{opco}K"}
    plan = Plan(combination=places.combination, seed=seed, seconds=seconds, opcos=opcos)
    told = _one(
        plan,
        places.folder,
        lambda nemesis, proxies: run_on(places, plan, watch=watch, nemesis=nemesis, open_route=proxies.open),
    )
    return _together([told], [], seed, seconds, 1)


def _one(plan: Plan, folder: Path, act: Callable[[RoundsNemesis, Proxies], Outcome]) -> Told:
    with Proxies() as proxies:
        nemesis = RoundsNemesis(plan.seconds)
        outcome = act(nemesis, proxies)
        faults = read_faults(folder / "faults.jsonl")
        return Told(outcome=outcome, faults=faults, kinds=nemesis.kinds(), folder=str(folder))


def _together(told: list[Told], left_out: Sequence[str], seed: int, seconds: float, least_each: int) -> Proof:
    tallies = added(each.outcome.tallies for each in told)
    if seconds >= ENOUGH_SECONDS:
        tallies.append(_fired(told, least_each))
    return Proof(seed=seed, seconds=seconds, trials=told, tallies=tallies, left_out=list(left_out))


def added(of_trials: Iterable[Iterable[Tally]]) -> list[Tally]:
    """Return each check with its trials and failures of all trials added up."""
    found: dict[str, Tally] = {}
    for tallies in of_trials:
        for tally in tallies:
            together = found.setdefault(tally.name, Tally(name=tally.name, promise=tally.promise))
            together.trials += tally.trials
            together.failures += tally.failures
            together.findings += tally.findings
    return list(found.values())


def fired_by_kind(told: Sequence[Told]) -> dict[str, int]:
    """Return how often each kind of fault was fired; 0 for those that were possible and never were.

    One that went wrong itself is not among them: nobody knows what it did.
    """
    counts = dict.fromkeys(sorted({kind for each in told for kind in each.kinds}), 0)
    for each in told:
        for fault in each.faults:
            if fault.problem is not None:
                continue
            counts[fault.kind] = counts.get(fault.kind, 0) + 1
    return counts


def _fired(told: Sequence[Told], least: int) -> Tally:
    tally = Tally(name="every kind of fault fired", promise=f"Each kind was fired {least} times at least")
    for kind, count in fired_by_kind(told).items():
        tally.look(kind, f"{least} or more", count, ok=count >= least)
    return tally


def as_json(proof: Proof) -> bytes:
    """Return a proof for programs."""
    return msgspec.json.format(msgspec.json.encode(proof, enc_hook=str), indent=2)
