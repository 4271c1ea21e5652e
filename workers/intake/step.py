"""The intake role: take what has arrived, journal and decide it in one transaction, then acknowledge."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from store.crash_points import reached
from store.engine.database import Database
from store.engine.errors import StoreBusy, StoreUnavailable
from store.traffic import suspects
from store.traffic.inbox import DeadLetter
from workers.brokers import BrokerUnavailable, Delivery, InboundChannel
from workers.hints.signals import Signals
from workers.intake.authentication import Authenticator
from workers.intake.dead_letters import bury
from workers.intake.deciding import decide_messages
from workers.intake.journaling import journal
from workers.intake.understanding import (
    CRASHED,
    Understood,
    crashed,
    received,
    understand,
)
from workers.roles.progress import Progress
from workers.sets.context import context
from workers.sets.effects import Nudges
from workers.sets.shelf import PolicyShelf

log = structlog.get_logger()

#: Messages a set: from here on larger sets gain little, and the transaction stays well under a second.
MESSAGES_A_SET = 500
#: Bytes a set, so that a few bulk requests do not fill memory: 16 MiB is one message of the largest size.
BYTES_A_SET = 64 * 1024 * 1024
#: Seconds between looks at a database that is away; the broker's heartbeat needs one every ten.
RETRY_SECONDS = 1.0
#: Looks at a message that came again, after which it is kept unread: as one of a set, then alone.
MOST_TRIES = 2

T = TypeVar("T")


class Intake:
    """Reads the inbound queues. Any number of intakes may run; what they hold is given back when they die."""

    name = "intake"

    def __init__(
        self,
        *,
        database: Database,
        shelf: PolicyShelf,
        connect: Callable[[], InboundChannel],
        authenticator: Authenticator,
        signals: Signals,
        stop: threading.Event | None = None,
    ) -> None:
        """`stop` ends the wait for a database that is away; what is in hand is then given back."""
        self._database = database
        self._shelf = shelf
        self._connect = connect
        self._authenticator = authenticator
        self._signals = signals
        self._stop = stop or threading.Event()
        self._channel: InboundChannel | None = None

    def step(self) -> Progress:
        """Take what has already arrived as one set; empty when nothing has."""
        return self._take(0.0)

    def wait(self, seconds: float) -> None:
        """Wait for a first message and handle what came with it."""
        self._take(seconds)

    def close(self) -> None:
        """Give back what was not acknowledged."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def _take(self, seconds: float) -> Progress:
        if self._channel is None:
            self._channel = self._connect()
        channel = self._channel
        try:
            deliveries = channel.take(MESSAGES_A_SET, BYTES_A_SET, seconds)
            if not deliveries:
                return Progress()
            reached("intake.taken")
            self._handle(channel, [each for each in deliveries if not each.redelivered])
            self._handle_again(channel, [each for each in deliveries if each.redelivered])
        except BaseException:
            self.close()
            raise
        return Progress(done=len(deliveries), more=len(deliveries) == MESSAGES_A_SET)

    def _handle_again(self, channel: InboundChannel, deliveries: Sequence[Delivery]) -> None:
        """Handle what was handed out before: once more as a set, then each alone, then not at all.

        What brings intake down takes its set along the first time and only itself the second.
        """
        if not deliveries:
            return
        tries = self._with_database(channel, lambda: self._tries(deliveries))
        self._look_at(channel, [each for each, count in tries if count == 0])
        for each, count in tries:
            if 0 < count < MOST_TRIES:
                self._look_at(channel, [each])
        hopeless = [each for each, count in tries if count >= MOST_TRIES]
        if hopeless:
            nudges = self._with_database(channel, lambda: self._bury_crashed(hopeless))
            reached("intake.buried")
            channel.acknowledge(hopeless)
            self._signals.send(nudges)

    def _look_at(self, channel: InboundChannel, deliveries: Sequence[Delivery]) -> None:
        """Mark them just before they are handled: those behind them have not been looked at yet."""
        if deliveries:
            self._with_database(channel, lambda: self._mark(deliveries))
            reached("intake.marked")
            self._handle(channel, deliveries)

    def _tries(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, int]]:
        with self._database.read() as tx:
            found = suspects.tries(tx, map(suspect_key, deliveries))
            # Comes again where its acknowledgement was lost: it does not get through then.
            kept = suspects.kept_unread(tx, map(suspect_key, deliveries), CRASHED)
        found |= dict.fromkeys(kept, MOST_TRIES)
        return [(each, found.get(suspect_key(each), 0)) for each in deliveries]

    def _mark(self, deliveries: Sequence[Delivery]) -> None:
        with self._database.begin() as tx:
            suspects.mark(tx, map(suspect_key, deliveries))

    def _with_database(self, channel: InboundChannel, work: Callable[[], T]) -> T:
        """Do it as soon as the database is there: until then keep what is in hand, and take no more."""
        while True:
            try:
                return work()
            except (StoreUnavailable, StoreBusy) as away:
                log.warning("writeoff.intake.waiting", reason=str(away))
                channel.heartbeat()
                if self._stop.wait(RETRY_SECONDS):
                    raise

    def _handle(self, channel: InboundChannel, deliveries: Sequence[Delivery]) -> None:
        """Commit a set and acknowledge it; one that breaks is handled in halves until its cause is alone."""
        if not deliveries:
            return
        try:
            nudges = self._with_database(channel, lambda: self._commit(deliveries))
        except (StoreUnavailable, StoreBusy, BrokerUnavailable):
            raise  # a server is away, which is no fault of any message
        except Exception:
            log.exception("writeoff.intake.broken", messages=len(deliveries))
            if len(deliveries) > 1:
                half = len(deliveries) // 2
                self._handle(channel, deliveries[:half])
                reached("intake.halved")
                self._handle(channel, deliveries[half:])
                return
            nudges = self._with_database(channel, lambda: self._commit_or_bury(deliveries))
        reached("intake.committed")
        channel.acknowledge(deliveries)
        reached("intake.acknowledged")
        self._signals.send(nudges)

    def _commit_or_bury(self, deliveries: Sequence[Delivery]) -> Nudges:
        """Give a message that broke a second chance, without what waits for it: that may be the poison."""
        try:
            return self._commit(deliveries, waking=False)
        except (StoreUnavailable, StoreBusy):
            raise
        except Exception:
            log.exception("writeoff.message.broken", queue=deliveries[0].queue)
            return self._bury_crashed(deliveries)

    def _commit(self, deliveries: Sequence[Delivery], *, waking: bool = True) -> Nudges:
        with self._database.begin() as tx:
            now = context(tx, self._shelf)
            read = [understand(each, now.policies, self._authenticator) for each in deliveries]
            dead = [each for each in read if isinstance(each, DeadLetter)]
            good = [each for each in read if isinstance(each, Understood)]
            nudges = Nudges()
            fresh = journal(tx, now, good, dead, nudges)
            reached("intake.journaled")
            nudges.add(decide_messages(tx, now, fresh, waking=waking))
            nudges.messages += bury(tx, dead)
            suspects.clear(tx, [suspect_key(each) for each in deliveries if each.redelivered])
            reached("intake.decided")
        log.info(
            "writeoff.intake.committed",
            messages=len(deliveries),
            new=len(fresh),
            dead=len(dead),
            repeated=len(good) - len(fresh),
            out=nudges.messages,
        )
        return nudges

    def _bury_crashed(self, deliveries: Sequence[Delivery]) -> Nudges:
        with self._database.begin() as tx:
            nudges = Nudges()
            nudges.messages = bury(tx, [crashed(received(each)) for each in deliveries])
            suspects.clear(tx, [suspect_key(each) for each in deliveries])
        return nudges


def suspect_key(delivery: Delivery) -> suspects.SuspectKey:
    """Return what tells one delivery from another across redeliveries."""
    return delivery.queue, hashlib.sha256(delivery.body).hexdigest()
