"""Whether the machine's clock agrees with those of the servers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from workers.brokers.address import BrokerKind
from workers.brokers.redis.inbound import VISIBILITY_SECONDS
from workers.brokers.redis.looking import moment
from workers.doctor.finding import Check, Finding
from workers.doctor.installation import Installation
from workers.scheduling.scheduler import LEASE_SECONDS

DATABASE = Check(
    name="clocks.database",
    what="The clocks of this machine and of the database are {seconds:.0f} s apart.",
    why="Beyond a lease of {limit:.0f} s, moments in logs, commands and journals contradict each other.",
    mend="Run chrony or another NTP client on both machines.",
)
BROKER = Check(
    name="clocks.redis",
    what="The clocks of this machine and of Redis's are {seconds:.0f} s apart.",
    why="Who looks judges by his clock what an intake has in hand: after {limit:.0f} s it comes again.",
    mend="Run chrony or another NTP client on all machines.",
)
CHECKS = (DATABASE, BROKER)


def look(at: Installation) -> Iterator[Finding]:
    """Ask each server for the time. SQLite has the clock of this machine."""
    if at.database.dialect == "postgresql":
        seconds = _apart(at.clock, lambda: _of_database(at))
        if seconds > LEASE_SECONDS:
            yield DATABASE.found(at.place, seconds=seconds, limit=LEASE_SECONDS)
    broker = at.broker
    if broker is not None and broker.kind is BrokerKind.REDIS:
        seconds = _apart(at.clock, lambda: moment(broker))
        if seconds > VISIBILITY_SECONDS:
            yield BROKER.found(str(broker), seconds=seconds, limit=VISIBILITY_SECONDS)


def _of_database(at: Installation) -> datetime:
    with at.database.read() as tx:
        now: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)


def _apart(clock: Callable[[], datetime], ask: Callable[[], datetime]) -> float:
    """Return by how many seconds the answer lies outside of the time that the question took."""
    before = clock()
    told = ask()
    after = clock()
    return max(before - told, told - after, timedelta()).total_seconds()
