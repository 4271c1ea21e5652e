"""Expanding bulk requests: so many accounts a transaction, until none is left to decide (R3)."""

from collections.abc import Sequence

import structlog

from store.crash_points import reached
from store.engine.database import Database
from store.engine.locking import lock_or_create
from store.work import request_pauses, requests
from store.work.requests import RequestKey, StoredItem
from workers.intake.deciding import wake
from workers.requests.comparing import compare
from workers.requests.items import decide_items, set_aside
from workers.roles.progress import Progress
from workers.sets.context import context
from workers.sets.effects import Nudges
from workers.sets.halving import in_halves
from workers.sets.shelf import PolicyShelf

log = structlog.get_logger()

#: Accounts a transaction: larger sets gain little, and this one takes well under a second.
ITEMS_A_SET = 500


class Expander:
    """Decides the accounts of requests. Two may work on one request: items are read again under the locks."""

    def __init__(self, database: Database, shelf: PolicyShelf) -> None:
        self._database = database
        self._shelf = shelf

    def expand(self, key: RequestKey) -> tuple[Progress, Nudges]:
        """Decide the next accounts of a request; one that no decision survives is set aside.

        One that holds to a plan is compared with it before its first account is decided (R4). A paused one
        goes on when it is resumed.
        """
        nudges = Nudges()
        with self._database.read() as tx:
            if request_pauses.is_paused(tx, key):
                return Progress(), nudges
            checked = requests.to_compare(tx, key)
            found = requests.pending_items(tx, key, ITEMS_A_SET) if checked is None else []
            compared = requests.items_from(tx, key, checked, ITEMS_A_SET) if checked is not None else []
        if checked is not None:
            return self._compare(key, compared)
        if not found:
            return Progress(), nudges
        in_halves(
            found,
            lambda some: nudges.add(self._decide(some)),
            lambda item: nudges.add(self._set_aside(item)),
        )
        log.info(
            "writeoff.request.expanded",
            opco=key[0],
            request_id=key[1],
            accounts=nudges.items,
            messages=nudges.messages,
        )
        # Where another has decided all of these, that other goes on: two would only wait for each other.
        more = len(found) == ITEMS_A_SET and nudges.items > 0
        return Progress(done=nudges.items, more=more), nudges

    def _decide(self, items: Sequence[StoredItem]) -> Nudges:
        with self._database.begin() as tx:
            lock_or_create(tx, {(item.opco, item.account_id) for item in items})
            now = context(tx, self._shelf)
            nudges = decide_items(tx, now, items, final=False)
            nudges.add(wake(tx, now, nudges.updated))
            reached("requests.decided")
        reached("requests.committed")
        return nudges

    def _compare(self, key: RequestKey, items: Sequence[StoredItem]) -> tuple[Progress, Nudges]:
        with self._database.begin() as tx:
            lock_or_create(tx, {(item.opco, item.account_id) for item in items})
            nudges = compare(tx, context(tx, self._shelf), key, items)
        reached("requests.compared")
        log.info("writeoff.request.compared", opco=key[0], request_id=key[1], accounts=nudges.items)
        # Behind the last item it is judged, and then there are items to decide, or none any more.
        more = nudges.items > 0 or not items
        return Progress(done=max(nudges.items, 1) if more else 0, more=more), nudges

    def _set_aside(self, item: StoredItem) -> Nudges:
        with self._database.begin() as tx:
            lock_or_create(tx, [(item.opco, item.account_id)])
            nudges = set_aside(tx, context(tx, self._shelf), item)
        reached("requests.set-aside")
        return nudges
