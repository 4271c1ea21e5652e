"""The one executor of write-off events: lock a set, decide each, write everything, in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog

from handlers.event_types import kinds
from handlers.settlement import run
from handlers.todos import todo_for
from store import account_reading, events, process_reading
from store import opcos as opco_store
from store.database import Database
from store.errors import LeaseLost, StoreBusy, StoreUnavailable
from store.events import EventKey
from store.locking import AccountKey, LockedAccount, lock, lock_agency_debt
from store.opcos import OpcoNow
from store.transaction import Transaction
from workers.effects import Nudges, apply
from workers.shelf import PolicyShelf
from writeoff.case import EventCase, Part
from writeoff.facts import EventFailed, Fact, ReferralPlaced
from writeoff.process import Event, Process
from writeoff.value import Value

log = structlog.get_logger()

#: An event that has gone wrong this often while it ran alone is failed, and somebody is told.
MAX_ATTEMPTS = 5
#: How often a set is tried again after a deadlock or a lock timeout before the scheduler has to.
MAX_TRIES_WHEN_BUSY = 3


class SetResult(Value, frozen=True, kw_only=True):
    """What became of a set: how many events ran, which others hold, and what may run next."""

    done: int
    skipped: tuple[EventKey, ...]
    nudges: Nudges


class Executor:
    """Runs sets of events of one kind. Any number of executors may run the same sets: keys make that safe."""

    def __init__(self, database: Database, shelf: PolicyShelf, worker: str) -> None:
        self._database = database
        self._shelf = shelf
        self._worker = worker

    def run(self, kind: str, keys: Sequence[EventKey]) -> SetResult:
        """Run the events that are still due; a set that breaks is run in halves until the cause is alone."""
        nudges = Nudges()
        done = 0
        skipped: list[EventKey] = []
        todo: list[Sequence[EventKey]] = [keys]
        while todo:
            part = todo.pop()
            try:
                result = self._run_when_free(kind, part)
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
                else:
                    self._gone_wrong(kind, part[0], type(error).__name__)
                continue
            done += result.done
            nudges.add(result.nudges)
            skipped += result.skipped
        return SetResult(done=done, skipped=tuple(skipped), nudges=nudges)

    def _run_when_free(self, kind: str, keys: Sequence[EventKey]) -> SetResult:
        for _ in range(MAX_TRIES_WHEN_BUSY - 1):
            try:
                return self._run_set(kind, keys)
            except StoreBusy as busy:
                log.info("writeoff.set.busy", kind=kind, events=len(keys), reason=str(busy))
        return self._run_set(kind, keys)

    def _run_set(self, kind: str, keys: Sequence[EventKey]) -> SetResult:
        token = str(uuid4())
        with self._database.begin() as tx:
            pending = dict(events.accounts_of(tx, keys))
            if not pending or kind in events.paused(tx):
                return SetResult(done=0, skipped=(), nudges=Nudges())
            events.start_running(tx, token, kind, pending, self._worker)
        try:
            return self._run_fenced(kind, pending, token)
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception:
            with self._database.begin() as tx:
                events.finish_running(tx, token)
            raise

    def _run_fenced(self, kind: str, pending: Mapping[EventKey, AccountKey], token: str) -> SetResult:
        with self._database.begin() as tx:
            opcos = opco_store.now(tx)
            today = {opco.opco: opco.today for opco in opcos.values()}
            locked = lock(tx, pending.values(), skip_locked=True)
            turn, skipped = _one_an_account(pending, locked)
            cases = self._cases(tx, kind, turn, locked, opcos)
            facts, crashed = _decide_all(cases)
            nudges = apply(tx, facts, today)
            events.count_attempt(tx, crashed)
            events.finish_running(tx, token)
        done = len(cases) - len(crashed)
        log.info(
            "writeoff.set.completed",
            kind=kind,
            events=done,
            crashed=len(crashed),
            skipped=len(skipped),
            messages=nudges.messages,
            facts=dict(Counter(type(fact).__name__ for fact in facts)),
        )
        return SetResult(done=done, skipped=tuple(skipped), nudges=nudges)

    def _cases(
        self,
        tx: Transaction,
        kind: str,
        turn: Mapping[EventKey, AccountKey],
        locked: Mapping[AccountKey, LockedAccount],
        opcos: Mapping[str, OpcoNow],
        *,
        needs: Part | None = None,
    ) -> list[EventCase]:
        """Read, under the locks, the cases of those events that are still due."""
        needs = kinds()[kind].needs if needs is None else needs
        processes = process_reading.processes_by_id(tx, [process_id for process_id, _ in turn])
        due = {
            key: account
            for key, account in turn.items()
            if _is_due(processes.get(key[0]), key, kind, opcos[account[0]])
        }
        accounts = set(due.values())
        # Only an event that has run can have referred debt, and only a money event can have written it off.
        begun = [process_id for process_id, _ in due if _complete(processes[process_id])]
        written_off = [
            each for each in begun if any(kinds()[kind].posts for kind in _complete(processes[each]))
        ]
        snapshots = account_reading.snapshots(tx, accounts) if Part.SNAPSHOT in needs else {}
        people = account_reading.people(tx, accounts) if Part.PERSONS in needs else {}
        referrals = process_reading.referrals_of(tx, begun) if Part.REFERRALS in needs else {}
        buckets = process_reading.buckets_of(tx, written_off)
        debt = lock_agency_debt(tx, {opco for opco, _ in accounts}) if Part.AGENCY_DEBT in needs else {}
        cases: list[EventCase] = []
        for (process_id, sequence), account in due.items():
            process, standing = processes[process_id], locked[account].standing
            if standing is None:
                raise LookupError(f"account {account[1]} has a process but no standing")
            opco = opcos[account[0]]
            cases.append(
                EventCase(
                    cause=process.cause(tx.now, opco.today, f"event {process.event(sequence).event_type}"),
                    policy=self._shelf.get(tx, process.policy_digest),
                    current=self._shelf.get(tx, opco.policy_digest),
                    account=snapshots.get(account),
                    persons=people.get(account, ()),
                    standing=standing,
                    process=process,
                    event=process.event(sequence),
                    referrals=referrals.get(process_id, ()),
                    buckets=buckets.get(process_id, ()),
                    agency_debt=debt.setdefault(account[0], {}),
                )
            )
        return cases

    def _gone_wrong(self, kind: str, key: EventKey, error: str) -> None:
        """Count an attempt of an event that broke its set alone; after too many it is failed."""
        with self._database.begin() as tx:
            events.count_attempt(tx, [key])
        with self._database.begin() as tx:
            pending = dict(events.accounts_of(tx, [key]))
            locked = lock(tx, pending.values())
            opcos = opco_store.now(tx)
            # Nothing but the process is read: what broke the event may lie in the rest.
            for case in self._cases(tx, kind, pending, locked, opcos, needs=Part.NONE):
                if case.event.attempts >= MAX_ATTEMPTS:
                    apply(tx, _failed(case, error), {name: opco.today for name, opco in opcos.items()})

    def give_up(self, kind: str, key: EventKey) -> None:
        """Fail an event whose worker died every time it ran alone."""
        self._gone_wrong(kind, key, "the worker died")


def _one_an_account(
    pending: Mapping[EventKey, AccountKey], locked: Mapping[AccountKey, LockedAccount]
) -> tuple[dict[EventKey, AccountKey], list[EventKey]]:
    """Take at most one event an account, so that each decision sees what the one before it did."""
    turn: dict[EventKey, AccountKey] = {}
    taken: set[AccountKey] = set()
    skipped: list[EventKey] = []
    for key, account in sorted(pending.items()):
        if account in locked and account not in taken:
            taken.add(account)
            turn[key] = account
        else:
            skipped.append(key)
    return turn, skipped


def _complete(process: Process) -> list[str]:
    """Return the kinds of the events that have run."""
    return [event.kind for event in process.events if event.status == "complete"]


def _is_due(process: Process | None, key: EventKey, kind: str, opco: OpcoNow) -> bool:
    if process is None or process.status != "active":
        return False
    event: Event | None = next((each for each in process.events if each.sequence == key[1]), None)
    return (
        event is not None
        and event.kind == kind
        and event.status == "pending"
        and event.due_on is not None
        and event.due_on <= opco.today
    )


def _decide_all(cases: Sequence[EventCase]) -> tuple[list[Fact], list[EventKey]]:
    """Decide every case; an exception inside one decision marks that event alone.

    Running agency totals are handed on from one decision to the next.
    """
    facts: list[Fact] = []
    crashed: list[EventKey] = []
    for case in cases:
        try:
            decided = run(case)
        except Exception as error:
            log.exception(
                "writeoff.event.crashed",
                process_id=case.process.process_id,
                sequence=case.event.sequence,
                kind=case.event.kind,
            )
            if case.event.attempts + 1 >= MAX_ATTEMPTS:
                decided = _failed(case, type(error).__name__)
            else:
                crashed.append((case.process.process_id, case.event.sequence))
                continue
        facts += decided
        _hand_on(case, decided)
    return facts, crashed


def _hand_on(case: EventCase, decided: Sequence[Fact]) -> None:
    totals: Any = case.agency_debt
    for fact in decided:
        if isinstance(fact, ReferralPlaced):
            totals[fact.agency] = totals.get(fact.agency, 0) + fact.amount


def _failed(case: EventCase, error: str) -> tuple[Fact, ...]:
    sequence = case.event.sequence
    detail = f"event {sequence} ({case.event.event_type}) did not get through: {error}"
    return (
        EventFailed(cause=case.cause, sequence=sequence, reason="crashed", detail=detail),
        todo_for(case, "event-failed", sequence, "crashed", sequence=sequence, detail=detail),
    )
