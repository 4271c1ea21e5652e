"""The agencies' active referred debt, locked while a set chooses among them (R11)."""

from collections.abc import Iterable

import msgspec

from store.engine.locking import lock_agency_debt
from store.engine.transaction import Transaction
from writeoff.case import Case, Part
from writeoff.facts import Fact
from writeoff.referred import moved


class AgencyTotals:
    """The totals by opco and agency, in minor units: what one decision changes, the next one sees."""

    def __init__(self, tx: Transaction, opcos: Iterable[str], needs: Part) -> None:
        self._chooses = Part.AGENCY_DEBT in needs
        self._totals = lock_agency_debt(tx, opcos) if self._chooses else {}

    def looked_at(self, case: Case) -> Case:
        """Return the case with the totals of its opco as they are now."""
        if not self._chooses:
            return case
        return msgspec.structs.replace(case, agency_debt=self._totals.setdefault(case.cause.opco, {}))

    def hand_on(self, facts: Iterable[Fact]) -> None:
        """Take in what a decision has placed, changed and closed."""
        if not self._chooses:
            return
        for opco, agency, amount in moved(facts):
            totals = self._totals.setdefault(opco, {})
            totals[agency] = totals.get(agency, 0) + amount
