"""The parts of a run: rates of product, ceiling and peers in paired rounds; latency; growth."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import mean

from benchmarks import ceiling, embedded, latency, pages, planning
from benchmarks.installation import Installation, Servers
from benchmarks.peers.running import PEERS, differences, load_for_peer, peer
from benchmarks.results import WAYS, Results, Scaled
from benchmarks.showing import show
from benchmarks.waits import Waits
from proving.speed.installation import ROLES, roles
from proving.speed.measuring import load, measure, run
from writeoff.value import Value

_RECORDED = "record"
_SET = 500
_WARM_UP = 200
#: Each of a peer's processes compiles its statements once: so many accounts that all have done it.
_PEER_WARM_UP = 150
_LATENCY_WARM_UP = 10
#: Machines change their pace: who is compared is measured in turns.
_LATENCY_TURNS = 2
#: In the report too: what processes have in memory after it is what later runs are compared with.
_GROWTH_WARM_UP = 1_000
#: Workers, and relays, of the runs that show what more of them bring.
_SCALES = (1, 2, 4)
#: Sets of old rows before the largest growth: a month's worth of a country's write-offs.
_OLD_SETS = 100
#: Ids of those sets: the rounds' begin with 1.
_OLD_FROM = 100_000


class Sizes(Value, frozen=True, kw_only=True):
    """How much is run."""

    accounts: int
    peer_accounts: int
    rounds: int
    latency_requests: int
    processes: int = pages.PROCESSES


class Bench:
    """One run on one set of servers. Every installation has a database, queues and tasks of its own."""

    def __init__(self, servers: Servers, folder: Path, sizes: Sizes) -> None:
        self.results = Results()
        #: What was found right, as sentences; what is found wrong ends the run.
        self.checks: list[str] = []
        self._servers = servers
        self._folder = folder
        self._sizes = sizes
        self._recorded: ceiling.Set | None = None
        #: Ids of the sets that are played.
        self._played = itertools.count(1)

    def rates(self) -> None:
        """Round by round: the product, the ceiling, each peer; then whether all did the same."""
        sizes = self._peer_sizes()
        recorded = self._record()
        with ExitStack() as stack:
            product, played, like = (
                stack.enter_context(self._place(name)) for name in ("product", "ceiling", "like")
            )
            peers = {kind: stack.enter_context(self._place(kind)) for kind in PEERS}
            for place in peers.values():
                load_for_peer(place, sizes)
            for number in range(self._sizes.rounds):
                before = self._ceiling(played, recorded)
                self._product_run(product, "single", number)
                # Machines change their pace within a minute: the ceiling on both sides of what it is of.
                self.results.ceiling.append(mean([before, self._ceiling(played, recorded)]))
                self._product_run(product, "bulk", number)
                for kind, place in peers.items():
                    self._peer_round(place, kind, number)
            self._audit(product)
            self._compare(like, sizes, peers)

    def latency(self) -> None:
        """One request at a time: each way of handing on tasks, the Celery peer, the floor; in turns."""
        for turn in range(1, _LATENCY_TURNS + 1):
            self._latency_turn(turn)

    def _latency_turn(self, turn: int) -> None:
        for name, tasks in (("product on rabbitmq", "rabbitmq"), ("product on redis", "valkey")):
            with self._place(f"latency-{tasks}-{turn}", tasks=tasks, letter_first=True) as place:
                place.start(ROLES)
                place.fix_business_date()
                self._latencies(place, name)
                self._audit(place)
        with self._place(f"latency-celery-{turn}", letter_first=True) as place:
            sizes = {"begin": _PEER_WARM_UP, "warm": _LATENCY_WARM_UP, "one": self._latency_requests}
            load_for_peer(place, sizes)
            with peer(place, "celery", "begin", _PEER_WARM_UP):
                self._latencies(place, "celery", loaded=True)
        with self._place(f"latency-floor-{turn}") as place:
            queue = "writeoff.write-off-requested"
            place.spawn("floor", [sys.executable, "-m", "benchmarks.floor", queue], place.environment())
            self._latencies(place, "floor", loaded=True)

    def growth(self, accounts: Sequence[int]) -> None:
        """Run more and more accounts in one installation; before the last, old rows fill its tables.

        The last ones are planned before they run. After them the first run again, where nothing has grown.
        """
        recorded = self._record()
        with self._place("growth") as place:
            place.start()
            place.fix_business_date()
            self.results.growth[_GROWTH_WARM_UP] = measure(place, "warm", _GROWTH_WARM_UP, bulk=False)
            for number, each in enumerate(sorted(accounts)):
                if number and number == len(accounts) - 1:
                    # Now: old rows are played without accounts and seals, which an audit would find wrong.
                    self._audit(place)
                    sets = (ceiling.fresh(recorded, _RECORDED, _OLD_FROM + old) for old in range(_OLD_SETS))
                    ceiling.fill(place, sets)
                load(place, f"g{number}", each)
                if number == len(accounts) - 1:
                    self._plan(place, f"g{number}", each)
                measured = run(place, f"g{number}", each, bulk=False)
                show(measured)
                self.results.growth[each] = measured
        with self._place("growth-again") as place:
            place.start()
            place.fix_business_date()
            measure(place, "warm", _GROWTH_WARM_UP, bulk=False)
            self.results.growth_again = measure(place, "g0", min(accounts), bulk=False)
            show(self.results.growth_again)
            self._audit(place)

    def _plan(self, place: Installation, name: str, accounts: int) -> None:
        planned = planning.measure(place, name, accounts)
        print(
            f"{'plan':16} {planned.seconds:7.2f} s for {accounts:,} accounts, "
            f"{planned.memory_mib:.0f} MiB at most",
            flush=True,
        )
        self.results.planned.append(planned)

    def scaling(self) -> None:
        """1, 2 and 4 workers with as many relays, one after the other, on the same servers."""
        with self._place("scaling") as place:
            for count in _SCALES:
                place.start(roles(workers=count, relays=count))
                place.fix_business_date()
                measure(place, f"w{count}", _WARM_UP, bulk=False)
                load(place, f"s{count}", self._sizes.accounts)
                with Waits(place.database_url) as waits:
                    measured = run(place, f"s{count}", self._sizes.accounts, bulk=False)
                show(measured)
                self.results.scaling[count] = Scaled(run=measured, waits=waits.shares())
                place.stop()
            self._audit(place)

    def embedded(self) -> None:
        """One process on an SQLite file and a Valkey of its own, round by round."""
        for _ in range(self._sizes.rounds):
            measured = embedded.measure(self._sizes.accounts)
            print(
                f"{'embedded':16} {measured.events_a_second:19.0f} events/s up to the outbox, "
                f"{measured.messages_a_second:.0f} messages/s from there",
                flush=True,
            )
            self.results.embedded.append(measured)

    def pages(self) -> None:
        """Operators' pages on a million processes."""
        with self._place("pages") as place:
            self.results.pages = pages.measure(place, self._sizes.processes)

    def _product_run(self, place: Installation, way: str, number: int) -> None:
        place.start()
        place.fix_business_date()
        show(measure(place, f"w{way}{number}", _WARM_UP, bulk=False))
        measured = measure(place, f"{way}{number}", self._sizes.accounts, bulk=way == "bulk")
        show(measured)
        self.results.add(f"product {way}", measured)
        place.stop()

    def _ceiling(self, place: Installation, recorded: ceiling.Set) -> float:
        most = max(self._sizes.accounts // _SET, ceiling.PLAYERS)
        sets = [ceiling.fresh(recorded, _RECORDED, each) for each in itertools.islice(self._played, most)]
        rate = ceiling.measure(place, sets, _SET)
        print(f"{'ceiling':16} {rate:19.0f} events/s", flush=True)
        return rate

    def _peer_round(self, place: Installation, kind: str, number: int) -> None:
        with peer(place, kind, f"w{number}", _PEER_WARM_UP):
            for way in WAYS:
                measured = run(place, f"{way}{number}", self._sizes.peer_accounts, bulk=way == "bulk")
                show(measured)
                self.results.add(f"{kind} {way}", measured)

    def _peer_sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for number in range(self._sizes.rounds):
            sizes[f"w{number}"] = _PEER_WARM_UP
            sizes |= {f"{way}{number}": self._sizes.peer_accounts for way in WAYS}
        return sizes

    def _compare(self, like: Installation, sizes: dict[str, int], peers: dict[str, Installation]) -> None:
        """Run in the product what the peers have run, and compare what each has written."""
        load_for_peer(like, sizes)
        like.start()
        for name, accounts in sizes.items():
            run(like, name, accounts, bulk=name.startswith("bulk"))
        self._audit(like)
        for kind, place in peers.items():
            if found := differences(like, place):
                raise RuntimeError(f"{kind} does not do what the product does: {'; '.join(found)}")
            self.checks.append(
                f"{kind} wrote as many rows in each table as the product, and the same messages."
            )
            self._audit(place)

    def _latencies(self, place: Installation, name: str, *, loaded: bool = False) -> None:
        for accounts, count in (("warm", _LATENCY_WARM_UP), ("one", self._latency_requests)):
            if not loaded:
                load(place, accounts, count)
            found = latency.measure(place, accounts, count)
        self.results.latency[name] = [*self.results.latency.get(name, ()), *found]
        print(f"{name:20} p50 {sorted(found)[len(found) // 2] * 1_000:.1f} ms", flush=True)

    @property
    def _latency_requests(self) -> int:
        """How many requests a turn."""
        return -(-self._sizes.latency_requests // _LATENCY_TURNS)

    def _audit(self, place: Installation) -> None:
        place.writeoff("audit")
        place.writeoff("reconcile")
        self.checks.append(f"`writeoff audit` and `writeoff reconcile` find nothing wrong in {place.name}.")

    def _record(self) -> ceiling.Set:
        """Return what one set of single requests comes to, run for that alone."""
        if self._recorded is None:
            with self._place("record") as place:
                place.start()
                place.fix_business_date()
                measure(place, _RECORDED, _SET, bulk=False)
                self._recorded = ceiling.record(place)
        return self._recorded

    @contextmanager
    def _place(
        self, name: str, *, tasks: str = "valkey", letter_first: bool = False
    ) -> Iterator[Installation]:
        place = Installation(self._servers, self._folder, name, tasks=tasks, letter_first=letter_first)
        try:
            yield place
        finally:
            place.close()
