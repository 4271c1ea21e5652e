"""The cases of a set of events, read under its locks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from handlers.event_types import kinds
from handlers.running.approvals import let_through
from handlers.running.course import actor, goes_on, needs_of
from store.engine.locking import AccountKey, LockedAccount, foresee_free, lock_agency_debt
from store.engine.transaction import Transaction
from store.ledger import periods
from store.opcos import OpcoNow
from store.reading import accounts as account_reading
from store.reading import processes as process_reading
from store.work.approvals import approved_totals
from store.work.events import EventKey
from store.work.requests import RequestKey
from workers.sets.shelf import PolicyShelf
from writeoff.accounting.posting import Periods
from writeoff.approval import Approved
from writeoff.case import EventCase, Part
from writeoff.process import Event, Process


def foresee(tx: Transaction, kind: str, pending: Mapping[EventKey, AccountKey]) -> None:
    """Have locks, and what is read under them at least, answered together with what is asked first."""
    foresee_free(tx, pending.values())
    process_reading.foresee(tx, [process_id for process_id, _ in pending])
    account_reading.foresee(tx, pending.values(), needs_of({kind}))


class EventCases:
    """Reads what events of a set are still due, and what they and those they make due look at."""

    def __init__(self, tx: Transaction, shelf: PolicyShelf, opcos: Mapping[str, OpcoNow]) -> None:
        self._tx = tx
        self._shelf = shelf
        self._opcos = opcos

    def read(
        self,
        kind: str,
        turn: Mapping[EventKey, AccountKey],
        locked: Mapping[AccountKey, LockedAccount],
        may_run: Collection[str] = (),
        *,
        needs: Part | None = None,
    ) -> list[EventCase]:
        """Return the cases of the events that are still due.

        `may_run` are the kinds that may go on from them in this transaction; `needs` reads that part alone.
        """
        tx = self._tx
        processes = process_reading.processes_by_id(tx, [process_id for process_id, _ in turn])
        due: dict[EventKey, tuple[AccountKey, Process, Event]] = {}
        for key, account in turn.items():
            process = processes.get(key[0])
            event = _due(process, key[1], kind, self._opcos[account[0]].today)
            if process is not None and event is not None:
                due[key] = (account, process, event)
        if needs is None:
            needs = needs_of({kind, *self._following(due.values(), may_run)} if goes_on(kind) else {kind})
        accounts = {account for account, _, _ in due.values()}
        # Only an event that has run can have referred debt, and only a money event can have written it off.
        complete = {process.process_id: _complete(process) for _, process, _ in due.values()}
        begun = [process_id for process_id, ran in complete.items() if ran]
        written_off = [
            process_id for process_id, ran in complete.items() if any(kinds()[each].posts for each in ran)
        ]
        account_reading.foresee(tx, accounts, needs)
        process_reading.foresee_effects(tx, begun if Part.REFERRALS in needs else (), written_off)
        snapshots = account_reading.snapshots(tx, accounts) if Part.SNAPSHOT in needs else {}
        people = account_reading.people(tx, accounts) if Part.PERSONS in needs else {}
        referrals = process_reading.referrals_of(tx, begun) if Part.REFERRALS in needs else {}
        buckets = process_reading.buckets_of(tx, written_off)
        debt = lock_agency_debt(tx, {opco for opco, _ in accounts}) if Part.AGENCY_DEBT in needs else {}
        posting = (
            periods.held_as_they_are(tx, {opco for opco, _ in accounts}) if Part.PERIODS in needs else {}
        )
        cases: list[EventCase] = []
        for account, process, event in due.values():
            standing = locked[account].standing
            if standing is None:
                raise LookupError(f"account {account[1]} has a process but no standing")
            opco = self._opcos[account[0]]
            process_id = process.process_id
            cases.append(
                EventCase(
                    cause=process.cause(tx.now, opco.today, actor(event.event_type)),
                    policy=self._shelf.get(tx, process.policy_digest),
                    current=self._shelf.get(tx, opco.policy_digest),
                    account=snapshots.get(account),
                    persons=people.get(account, ()),
                    standing=standing,
                    process=process,
                    event=event,
                    referrals=referrals.get(process_id, ()),
                    buckets=buckets.get(process_id, ()),
                    agency_debt=debt.setdefault(account[0], {}),
                    periods=posting.get(account[0], Periods()),
                )
            )
        return _with_approvals(tx, cases)

    def _following(
        self, due: Collection[tuple[AccountKey, Process, Event]], may_run: Collection[str]
    ) -> set[str]:
        """Return the kinds that may go on from these events: what waits for its predecessors alone."""
        return {
            event.kind
            for account, process, _ in due
            for event in process.events
            if event.status == "pending"
            and event.kind in may_run
            and event.trigger_date <= self._opcos[account[0]].today
        }


def one_an_account(
    pending: Mapping[EventKey, AccountKey], locked: Collection[AccountKey]
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


def _with_approvals(tx: Transaction, cases: list[EventCase]) -> list[EventCase]:
    """Add what was approved to the cases whose debt has risen under a policy that wants approval (R5)."""
    risen = {
        (case.process.opco, case.process.request_id)
        for case in cases
        if case.policy.approvals and case.amount > let_through(case.process)
    }
    if not risen:
        return cases
    known = approved_totals(tx, risen)
    return [
        replace(case, approved=_approved(case, known))
        if (case.process.opco, case.process.request_id) in risen
        else case
        for case in cases
    ]


def _approved(case: EventCase, known: Mapping[RequestKey, Approved]) -> Approved:
    """Return what the process's request was let through with; one that needed no look was about it alone."""
    key = (case.process.opco, case.process.request_id)
    return known.get(key) or Approved(total=let_through(case.process), roles=())


def _complete(process: Process) -> Sequence[str]:
    """Return the kinds of the events that have run."""
    return [event.kind for event in process.events if event.status == "complete"]


def _due(process: Process | None, sequence: int, kind: str, today: date) -> Event | None:
    """Return the event if it is of the kind and may run now."""
    if process is None or process.status != "active":
        return None
    for event in process.events:
        if event.sequence == sequence:
            runs = event.kind == kind and event.status == "pending"
            return event if runs and event.due_on is not None and event.due_on <= today else None
    return None
