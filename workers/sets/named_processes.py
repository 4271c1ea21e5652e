"""Processes that messages name, active or not, with everything that they have caused (R25)."""

import re
from collections.abc import Mapping

import msgspec

from store.engine.locking import AccountKey
from store.engine.transaction import Transaction
from store.reading import effects as effects_reading
from store.reading import processes as process_reading
from workers.sets.context import SetContext
from writeoff.case import Case

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class NamedProcesses:
    """The processes by account, read under the accounts' locks; each looked at under its own policy."""

    def __init__(self, tx: Transaction, context: SetContext, about: Mapping[AccountKey, str]) -> None:
        # Whoever names a process may name anything, and PostgreSQL takes nothing else for a UUID.
        ids = {named for named in about.values() if _UUID.fullmatch(named)}
        self._named = about
        self._found = process_reading.processes_by_id(tx, ids)
        self._referrals = process_reading.referrals_of(tx, self._found)
        self._buckets = process_reading.buckets_of(tx, self._found)
        self._effects = effects_reading.effects_of(tx, self._found)
        self._policies = {
            process_id: context.shelf.get(tx, process.policy_digest)
            for process_id, process in self._found.items()
        }

    def looked_at(self, case: Case, key: AccountKey) -> Case:
        """Return the case with the process that was named for the account, or none if it has no such one."""
        if key not in self._named:
            return case
        process = self._found.get(self._named[key])
        if process is None or (process.opco, process.account_id) != key:
            return msgspec.structs.replace(case, process=None)
        process_id = process.process_id
        return msgspec.structs.replace(
            case,
            policy=self._policies[process_id],
            process=process,
            referrals=self._referrals.get(process_id, ()),
            buckets=self._buckets.get(process_id, ()),
            effects=self._effects[process_id],
        )
