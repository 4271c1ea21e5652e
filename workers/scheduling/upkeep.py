"""What the scheduler does beside its work, a set at a time: replays that were begun, and cleaning up."""

import time
from collections.abc import Callable

import structlog

from store.cleaning import retention
from store.crash_points import reached
from store.engine.database import Database
from store.engine.errors import StoreBusy
from store.traffic import replaying

log = structlog.get_logger()

#: Messages that one transaction lists again: the outbox's locks are held for tens of milliseconds.
REPLAY_A_SET = 5_000
#: Rows that one transaction cleans up: at one set a look, 2,000 a second at the most.
CLEAN_A_SET = 2_000
#: How long after nothing was left, or somebody was in the way, it looks again for what has become old.
CLEAN_EVERY_SECONDS = 3_600.0
#: Ten years, as long as most places want books kept.
KEEP_DAYS = 3_650


class Upkeep:
    """Goes on with what an operator began and nobody finished, and cleans up at a calm pace."""

    def __init__(
        self, database: Database, keep_days: int = KEEP_DAYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._keep_days = keep_days
        self._clock = clock
        self._clean_at = float("-inf")

    def step(self) -> int:
        """Do one set; return how much was done."""
        return self._replay() or self._clean()

    def _replay(self) -> int:
        with self._database.begin() as tx:
            listed = replaying.go_on(tx, REPLAY_A_SET)
            if listed is not None:
                reached("upkeep.listing")
        if listed is None:
            return 0
        reached("upkeep.listed")
        log.info("writeoff.outbox.replayed", messages=listed)
        # A last set of nothing was something to do too: it ended the replay.
        return max(listed, 1)

    def _clean(self) -> int:
        if self._clock() < self._clean_at:
            return 0
        try:
            with self._database.begin() as tx:
                cleaned = retention.step(tx, self._keep_days, CLEAN_A_SET)
                if cleaned is not None:
                    reached("upkeep.cleaning")
        except StoreBusy as busy:
            # A partition is not taken away from under those who read it, such as an audit.
            log.info("writeoff.retention.postponed", reason=str(busy))
            cleaned = None
        if cleaned is None:
            self._clean_at = self._clock() + CLEAN_EVERY_SECONDS
            return 0
        reached("upkeep.cleaned")
        log.info(
            "writeoff.retention.cleaned",
            table=cleaned.what,
            month=str(cleaned.month),
            rows=cleaned.rows,
            finished=cleaned.finished,
        )
        return max(cleaned.rows, 1)
