"""Adding what was sealed to the totals of reports, when there is little else to do."""

from store.crash_points import reached
from store.engine.database import Database
from store.engine.leases import Lease
from store.ledger import totals

#: Journals added in one transaction: a tenth of a second, or two where they lie on disk.
ADD_A_SET = 1_000
#: So few journals sealed in a look say that little is going on.
QUIET_SEALS = 100
#: Busy or not, no more may wait than reports count by themselves in half a second.
MOST_BEHIND = 20_000


class Totalling:
    """A set a look while it is quiet, so that what is written off in a hurry need not wait for reports."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease
        #: How many are sealed and not added, as far as it is known: whoever begins looks.
        self._behind = MOST_BEHIND

    def step(self, sealed: int) -> int:
        """Add one set at most, if it is time to; return of how many seals. `sealed`: in this look."""
        self._behind += sealed
        if not self._behind or (sealed > QUIET_SEALS and self._behind < MOST_BEHIND):
            return 0
        with self._database.begin() as tx:
            added = totals.add_up(tx, self._lease, ADD_A_SET)
            if added:
                reached("scheduler.totalling")
        if not added:
            self._behind = 0
            return 0
        reached("scheduler.totalled")
        self._behind = max(self._behind - added, 1)
        return added
