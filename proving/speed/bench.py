"""The main run in a place of one's own: single messages, a bulk message, and whether the books are right."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from proving.places import Place
from proving.speed import local_servers
from proving.speed.installation import Installation, Urls, roles
from proving.speed.measuring import EVENTS_AN_ACCOUNT, Measured, line, measure
from writeoff.value import Value

#: So that every process has compiled its statements and read its policy.
_WARM_UP = 200
WAYS = ("single", "bulk")


class Benched(Value, frozen=True, kw_only=True):
    """What was measured: medians over the rounds, by way; which servers were counted; what was checked."""

    place: str
    accounts: int
    rounds: int
    workers: int
    events_an_account: int
    cores: int
    load_at_start: float
    events_a_second: Mapping[str, float]
    messages_a_second: Mapping[str, float]
    cpu_seconds_per_1000_events: Mapping[str, Mapping[str, float]]
    memory_mib: Mapping[str, float]
    servers_counted: Sequence[str]
    servers_elsewhere: Sequence[str]
    checks: Sequence[str]
    runs: Sequence[Measured]


class Guest(Installation):
    """An installation in a place on somebody's servers; those of this machine are counted too."""

    def __init__(self, place: Place, folder: Path) -> None:
        urls = Urls(database=place.database_url, broker=place.broker_url, tasks=place.tasks_url)
        super().__init__(urls, folder, str(place.name), opco=place.opco)
        self.servers = {"database": urls.database, "broker": urls.broker, "tasks": urls.tasks}

    def server_families(self) -> dict[str, list[int]]:
        """Return the processes of each server that is on this machine."""
        return local_servers.families(self.servers)


def bench(
    place: Place,
    folder: Path,
    *,
    accounts: int,
    rounds: int,
    workers: int,
    tell: Callable[[str], None],
) -> Benched:
    """Run; raises `RuntimeError` and `TimeoutError` with what was wrong, and the logs in `folder`."""
    load_at_start = os.getloadavg()[0]
    runs: list[Measured] = []
    guest = Guest(place, folder)
    try:
        counted = list(guest.server_families())
        guest.start(roles(workers=workers))
        guest.fix_business_date()
        measure(guest, "warm", _WARM_UP, bulk=False)
        for number in range(rounds):
            for way in WAYS:
                measured = measure(guest, f"{way}{number}", accounts, bulk=way == "bulk")
                tell(line(measured))
                runs.append(measured)
        checks = []
        for command in ("audit", "reconcile"):
            guest.writeoff(command)
            checks.append(f"writeoff {command} finds nothing wrong")
    finally:
        guest.close()
    by_way = {way: [each for each in runs if each.name.startswith(way)] for way in WAYS}
    return Benched(
        place=str(place.name),
        accounts=accounts,
        rounds=rounds,
        workers=workers,
        events_an_account=EVENTS_AN_ACCOUNT,
        cores=os.cpu_count() or 1,
        load_at_start=round(load_at_start, 2),
        events_a_second={way: _median(each.events_a_second for each in by_way[way]) for way in WAYS},
        messages_a_second={way: _median(each.messages_a_second for each in by_way[way]) for way in WAYS},
        cpu_seconds_per_1000_events={way: _by_process(by_way[way]) for way in WAYS},
        memory_mib={name: round(size, 1) for name, size in runs[-1].memory_mib.items()},
        servers_counted=counted,
        servers_elsewhere=[name for name in guest.servers if name not in counted],
        checks=checks,
        runs=runs,
    )


def _by_process(runs: Sequence[Measured]) -> dict[str, float]:
    return {name: _median(each.cpu_per_1000[name] for each in runs) for name in runs[0].cpu_per_1000}


def _median(values: Iterable[float]) -> float:
    return round(median(values), 4)
