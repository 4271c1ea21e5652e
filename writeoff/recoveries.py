"""What has been written off of an account, and what has come back since (R24)."""

from datetime import datetime

from writeoff.journal import Bucket, JournalLine, Movement
from writeoff.policy.model import Policy
from writeoff.process import Process
from writeoff.value import Value


class WrittenOff(Value, frozen=True, kw_only=True):
    """What one process has written off, under its own policy version.

    `booked` are the payments of the snapshot that its event used, and `as_of` is that snapshot's: those, and
    the ones received since and before the event, have lessened the debt already.
    `lines` are those of its write-off journals.
    """

    process: Process
    policy: Policy
    buckets: tuple[Bucket, ...]
    booked: frozenset[str]
    as_of: datetime
    lines: tuple[JournalLine, ...]

    @property
    def held(self) -> int:
        """What the write-off agreements still hold from it, in minor units."""
        return sum(bucket.held for bucket in self.buckets)


class Recovery(Value, frozen=True, kw_only=True):
    """A recovery as it was posted; `undone` once its payment was canceled."""

    journal_id: str
    process_id: str
    payment_id: str
    lines: tuple[JournalLine, ...]
    movements: tuple[Movement, ...]
    undone: bool

    @property
    def by_agreement(self) -> dict[str, int]:
        """What it recovered of each agreement that the debt came from, in minor units."""
        recovered: dict[str, int] = {}
        for line in self.lines:
            for source in line.sources:
                recovered[source.sa_id] = recovered.get(source.sa_id, 0) + source.amount
        return recovered
