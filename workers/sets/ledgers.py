"""What the accounts of a set have written off, and what came back since: for payments and bounces (R24)."""

from collections.abc import Iterable, Mapping

import msgspec

from store.engine.locking import AccountKey, LockedAccount
from store.engine.transaction import Transaction
from store.reading import accounts as account_reading
from store.reading import ledger as ledger_reading
from store.reading import processes as process_reading
from workers.sets.context import SetContext
from writeoff.case import Case, Part
from writeoff.recoveries import WrittenOff


class Ledgers:
    """Read under the accounts' locks; what no decision of the set needs stays unread."""

    def __init__(
        self,
        tx: Transaction,
        context: SetContext,
        locked: Mapping[AccountKey, LockedAccount],
        needs: Part,
    ) -> None:
        wanted = locked.keys()
        self._canceled = (
            account_reading.cancellations_of(tx, wanted)
            if needs & (Part.PAYMENTS | Part.CANCELLATIONS)
            else {}
        )
        self._recoveries = ledger_reading.recoveries_of(tx, wanted) if Part.RECOVERIES in needs else {}
        self._locking = _locking(locked) if Part.WRITTEN_OFF in needs else {}
        undone = {each.process_id for found in self._recoveries.values() for each in found}
        self._written_off = _written_off(tx, context, undone.union(self._locking.values()))
        self._referrals = process_reading.referrals_of(tx, self._locking.values())

    def looked_at(self, case: Case, key: AccountKey) -> Case:
        """Return the case with what was written off; without a process its referrals are those of that."""
        recoveries = self._recoveries.get(key, ())
        locking = self._locking.get(key)
        if not recoveries and locking is None and key not in self._canceled:
            return case
        ids = {each.process_id for each in recoveries} | ({locking} if locking else set())
        known = {each: self._written_off[each] for each in sorted(ids) if each in self._written_off}
        referrals = case.referrals
        if locking is not None and case.process is None:
            referrals = self._referrals.get(locking, ())
        return msgspec.structs.replace(
            case,
            written_off=known,
            recoveries=recoveries,
            cancellations=self._canceled.get(key, {}),
            referrals=referrals,
        )


def _locking(locked: Mapping[AccountKey, LockedAccount]) -> dict[AccountKey, str]:
    """Return the process that locks each account that is written off."""
    return {
        key: each.standing.locked_by
        for key, each in locked.items()
        if each.standing is not None and each.standing.locked_by is not None
    }


def _written_off(tx: Transaction, context: SetContext, process_ids: Iterable[str]) -> dict[str, WrittenOff]:
    processes = process_reading.processes_by_id(tx, process_ids)
    buckets = process_reading.buckets_of(tx, processes)
    written = ledger_reading.written_by(tx, processes)
    found: dict[str, WrittenOff] = {}
    for process_id, posted in written.items():
        process = processes[process_id]
        found[process_id] = WrittenOff(
            process=process,
            policy=context.shelf.get(tx, process.policy_digest),
            buckets=buckets.get(process_id, ()),
            booked=posted.booked,
            as_of=posted.as_of,
            lines=posted.lines,
        )
    return found
