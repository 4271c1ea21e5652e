"""What the scheduler does beside its work, a set at a time: replays that were begun."""

import structlog

from store import replaying
from store.database import Database

log = structlog.get_logger()

#: Messages that one transaction lists again: the outbox's locks are held for tens of milliseconds.
REPLAY_A_SET = 5_000


class Upkeep:
    """Goes on with what an operator began and nobody finished."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def step(self) -> int:
        """Do one set; return how much was done."""
        return self._replay()

    def _replay(self) -> int:
        with self._database.begin() as tx:
            listed = replaying.go_on(tx, REPLAY_A_SET)
        if listed is None:
            return 0
        log.info("writeoff.outbox.replayed", messages=listed)
        # A last set of nothing was something to do too: it ended the replay.
        return max(listed, 1)
