"""The one executor of write-off events: lock a set, decide each, write everything, in one transaction."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog

from handlers.event_types import kinds
from handlers.running.course import goes_on, gone_on, next_case
from handlers.running.settlement import failure, run
from handlers.wording.todos import todo_for
from store import opcos as opco_store
from store.crash_points import reached
from store.engine.database import Database
from store.engine.errors import LeaseLost, StoreBusy, StoreUnavailable
from store.engine.locking import AccountKey, lock
from store.work import events
from store.work.events import EventKey
from workers.events.cases import EventCases, foresee, one_an_account
from workers.sets.effects import Nudges, apply
from workers.sets.shelf import PolicyShelf
from writeoff.case import EventCase, Part
from writeoff.facts import EventFailed, Fact
from writeoff.referred import moved
from writeoff.value import Value

log = structlog.get_logger()

#: An event that has gone wrong this often while it ran alone is failed, and somebody is told.
MAX_ATTEMPTS = 5
#: A set of so few events, all of whose accounts others hold, waits for them: it is somebody's letter, and the
#: scheduler would come back to it in seconds. Sets hold accounts for a fraction of a second.
WAITS_FOR_ITS_TURN = 20
#: How often a set is tried again after a deadlock or a lock timeout before the scheduler has to.
MAX_TRIES_WHEN_BUSY = 3


class SetResult(Value, frozen=True, kw_only=True):
    """What became of a set: how many events ran, which others hold, and what may run next."""

    done: int
    skipped: tuple[EventKey, ...]
    nudges: Nudges


class Executor:
    """Runs sets of events of one kind. Any number of executors may run the same sets: keys make that safe."""

    def __init__(
        self, database: Database, shelf: PolicyShelf, worker: str, serves: Collection[str] | None = None
    ) -> None:
        """`serves` are the kinds that this worker runs; all of them without it."""
        self._database = database
        self._shelf = shelf
        self._worker = worker
        self._onward = frozenset(kind for kind in (kinds() if serves is None else serves) if goes_on(kind))

    def run(self, kind: str, keys: Sequence[EventKey]) -> SetResult:
        """Run the events that are still due, and of the same processes those that these make due today.

        A set that breaks is run in halves, and goes on to nothing, until the cause is alone.
        """
        nudges = Nudges()
        done = 0
        onward = True
        skipped: list[EventKey] = []
        todo: list[Sequence[EventKey]] = [keys]
        while todo:
            part = todo.pop()
            try:
                result = self._run_when_free(kind, part, onward=onward)
            except LeaseLost as lost:
                log.warning("writeoff.set.lost", kind=kind, events=len(part), reason=str(lost))
                continue
            except StoreUnavailable:
                raise
            except StoreBusy as busy:  # nobody's poison: the scheduler sends the set again
                log.warning("writeoff.set.busy", kind=kind, events=len(part), reason=str(busy))
                continue
            except Exception as error:
                log.exception("writeoff.set.broken", kind=kind, events=len(part))
                if len(part) > 1:
                    half = len(part) // 2
                    todo += [part[half:], part[:half]]
                elif onward:  # what it went on to may be the cause
                    todo.append(part)
                else:
                    self._gone_wrong(kind, part[0], type(error).__name__)
                onward = False
                continue
            done += result.done
            nudges.add(result.nudges)
            skipped += result.skipped
        return SetResult(done=done, skipped=tuple(skipped), nudges=nudges)

    def _run_when_free(self, kind: str, keys: Sequence[EventKey], *, onward: bool) -> SetResult:
        for _ in range(MAX_TRIES_WHEN_BUSY - 1):
            try:
                return self._run_set(kind, keys, onward=onward)
            except StoreBusy as busy:
                log.info("writeoff.set.busy", kind=kind, events=len(keys), reason=str(busy))
        return self._run_set(kind, keys, onward=onward)

    def _run_set(self, kind: str, keys: Sequence[EventKey], *, onward: bool) -> SetResult:
        token = str(uuid4())
        with self._database.begin(lasting=False) as tx:
            events.foresee_paused(tx)
            pending = dict(events.accounts_of(tx, keys))
            paused = events.paused(tx)
            if not pending or kind in paused:
                return SetResult(done=0, skipped=(), nudges=Nudges())
            events.start_running(tx, token, kind, pending, self._worker)
        reached("events.fenced")
        try:
            may_run = self._onward - paused if onward and goes_on(kind) else frozenset[str]()
            return self._run_fenced(kind, pending, token, may_run)
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception:
            with self._database.begin() as tx:
                events.finish_running(tx, token)
            reached("events.unfenced")
            raise

    def _run_fenced(
        self, kind: str, pending: Mapping[EventKey, AccountKey], token: str, may_run: frozenset[str]
    ) -> SetResult:
        with self._database.begin() as tx:
            opco_store.foresee(tx)
            foresee(tx, kind, pending)
            locked = lock(tx, pending.values(), skip_locked=True)
            if len(locked) < len(set(pending.values())):
                tx.forget()  # what others hold changes
            if not locked and len(pending) <= WAITS_FOR_ITS_TURN:
                locked = lock(tx, pending.values())
            opcos = opco_store.now(tx)
            today = {opco.opco: opco.today for opco in opcos.values()}
            turn, skipped = one_an_account(pending, locked)
            cases = EventCases(tx, self._shelf, opcos).read(kind, turn, locked, may_run)
            facts, done, crashed = _decide_all(cases, may_run)
            reached("events.decided")
            nudges = apply(tx, facts, today)
            events.count_attempt(tx, crashed)
            reached("events.written")
            events.finish_running(tx, token)
        reached("events.committed")
        log.info(
            "writeoff.set.completed",
            kind=kind,
            events=done.total(),
            by_kind=dict(done),
            crashed=len(crashed),
            skipped=len(skipped),
            messages=nudges.messages,
            facts=dict(Counter(type(fact).__name__ for fact in facts)),
        )
        return SetResult(done=done.total(), skipped=tuple(skipped), nudges=nudges)

    def _gone_wrong(self, kind: str, key: EventKey, error: str) -> None:
        """Count an attempt of an event that broke its set alone; after too many it is failed."""
        with self._database.begin() as tx:
            events.count_attempt(tx, [key])
        reached("events.counted")
        with self._database.begin() as tx:
            pending = dict(events.accounts_of(tx, [key]))
            locked = lock(tx, pending.values())
            opcos = opco_store.now(tx)
            # Nothing but the process is read: what broke the event may lie in the rest.
            cases = EventCases(tx, self._shelf, opcos)
            for case in cases.read(kind, pending, locked, needs=Part.NONE):
                if case.event.attempts >= MAX_ATTEMPTS:
                    apply(tx, _failed(case, error), {name: opco.today for name, opco in opcos.items()})
        reached("events.failed")

    def give_up(self, kind: str, key: EventKey) -> None:
        """Fail an event whose worker died every time it ran alone."""
        self._gone_wrong(kind, key, "the worker died")


def _decide_all(
    cases: Sequence[EventCase], may_run: frozenset[str]
) -> tuple[list[Fact], Counter[str], list[EventKey]]:
    """Decide every case and what it goes on to; return the facts, events by kind, and those that crashed.

    An exception inside one decision marks that event alone; what its process did before stands. Running
    agency totals are handed on from one decision to the next.
    """
    facts: list[Fact] = []
    done: Counter[str] = Counter()
    crashed: list[EventKey] = []
    for first in cases:
        mine: list[Fact] = []
        case: EventCase | None = first
        while case is not None:
            decided = _decide(case)
            if decided is None:
                crashed.append((case.process.process_id, case.event.sequence))
                break
            done[case.event.kind] += 1
            mine = [*gone_on(mine, case), *decided]
            _hand_on(case, decided)
            case = next_case(case, decided, may_run) if may_run and not case.event.attempts else None
        facts += mine
    return facts, done, crashed


def _decide(case: EventCase) -> Sequence[Fact] | None:
    """Return the facts of one event; None when its decision crashed, and it is to be tried again."""
    try:
        return run(case)
    except Exception as error:
        log.exception(
            "writeoff.event.crashed",
            process_id=case.process.process_id,
            sequence=case.event.sequence,
            kind=case.event.kind,
        )
        last = case.event.attempts + 1 >= MAX_ATTEMPTS
        return _failed(case, type(error).__name__) if last else None


def _hand_on(case: EventCase, decided: Sequence[Fact]) -> None:
    totals: Any = case.agency_debt
    for _, agency, amount in moved(decided):
        totals[agency] = totals.get(agency, 0) + amount


def _failed(case: EventCase, error: str) -> tuple[Fact, ...]:
    sequence = case.event.sequence
    detail = f"event {sequence} ({case.event.event_type}) did not get through: {error}"
    return (
        EventFailed(cause=case.cause, sequence=sequence, reason="crashed", detail=detail),
        todo_for(case, "event-failed", *failure(case.event, "crashed"), sequence=sequence, detail=detail),
    )
