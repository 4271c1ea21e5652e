"""Cases of accounts, read under their locks, for messages, items of requests and timers."""

from collections.abc import Iterable, Mapping

from store.engine.locking import AccountKey, LockedAccount, lock_or_create, look
from store.engine.transaction import Transaction
from store.ledger import periods
from store.reading import accounts as account_reading
from store.reading import processes as process_reading
from store.work import approvals
from workers.sets.context import SetContext
from workers.sets.ledgers import Ledgers
from workers.sets.named_processes import NamedProcesses
from writeoff.account import Account, Attempt, Payment, Person
from writeoff.accounting.posting import Periods
from writeoff.case import Case, Part
from writeoff.process import Cause, Process, Referral


class AccountCases:
    """Everything that is stored of a set of accounts, locked; `case` assembles one.

    `about` names the process that a case is about where it need not be the active one, with its effects.
    Without `lock` it is only looked at, and may have changed by the time that it is acted upon (R4). `locked`
    are accounts that this transaction has locked and not changed.
    """

    def __init__(
        self,
        tx: Transaction,
        context: SetContext,
        keys: Iterable[AccountKey],
        needs: Part,
        about: Mapping[AccountKey, str] | None = None,
        *,
        lock: bool = True,
        locked: Mapping[AccountKey, LockedAccount] | None = None,
    ) -> None:
        wanted = set(keys)
        self._about = NamedProcesses(tx, context, about or {})
        self._context = context
        if locked is None or not locked.keys() >= wanted:
            locked = lock_or_create(tx, wanted) if lock else look(tx, wanted)
        self._locked = {key: locked[key] for key in wanted}
        account_reading.foresee(tx, wanted, needs | Part.SNAPSHOT)
        process_reading.foresee_active(tx, wanted)
        self._ledgers = Ledgers(tx, context, self._locked, needs)
        self._snapshots: Mapping[AccountKey, Account] = account_reading.snapshots(tx, wanted)
        self._processes: Mapping[AccountKey, Process] = process_reading.active_processes(tx, wanted)
        # Where no policy wants approval, nothing awaits any.
        wants_approval = Part.ATTEMPTS in needs and any(each.approvals for each in context.policies.values())
        self._awaiting = approvals.awaiting_automatic(tx, wanted) if wants_approval else set()
        self._earlier: Mapping[AccountKey, tuple[Process, ...]] = (
            process_reading.ended_processes(tx, wanted) if Part.EARLIER in needs else {}
        )
        ids = [process.process_id for process in self._processes.values()]
        self._referrals: Mapping[str, tuple[Referral, ...]] = (
            process_reading.referrals_of(tx, ids) if Part.REFERRALS in needs else {}
        )
        self._people: Mapping[AccountKey, tuple[Person, ...]] = (
            account_reading.people(tx, wanted) if Part.PERSONS in needs else {}
        )
        self._attempts: Mapping[AccountKey, tuple[Attempt, ...]] = (
            account_reading.attempts_of(tx, wanted) if Part.ATTEMPTS in needs else {}
        )
        self._payments: Mapping[AccountKey, tuple[Payment, ...]] = (
            account_reading.payments_of(tx, wanted) if Part.PAYMENTS in needs else {}
        )

        self._periods: dict[str, Periods] = (
            _periods(tx, {opco for opco, _ in wanted}, lock=lock) if Part.PERIODS in needs else {}
        )
        if Part.PERIODS_TO_CHANGE in needs:  # an operator's command: it is about all of an opco
            self._periods |= periods.held_to_change(tx, context.policies)

    def case(self, cause: Cause, key: AccountKey | None) -> Case:
        """Return the case of one account under the current policy; without a key one of no account."""
        policy = self._context.policies[cause.opco]
        if key is None:
            posting = self._periods.get(cause.opco, Periods())
            return Case(cause=cause, policy=policy, current=policy, periods=posting)
        process = self._processes.get(key)
        case = Case(
            cause=cause,
            policy=policy,
            current=policy,
            account=self._snapshots.get(key),
            persons=self._people.get(key, ()),
            standing=self._locked[key].standing,
            process=process,
            earlier=self._earlier.get(key, ()),
            referrals=self._referrals.get(process.process_id, ()) if process else (),
            attempts=self._attempts.get(key, ()),
            awaits_approval=key in self._awaiting,
            payments=self._payments.get(key, ()),
            periods=self._periods.get(cause.opco, Periods()),
        )
        return self._about.looked_at(self._ledgers.looked_at(case, key), key)


def _periods(tx: Transaction, opcos: set[str], *, lock: bool) -> dict[str, Periods]:
    return periods.held_as_they_are(tx, opcos) if lock else periods.of(tx, opcos)
