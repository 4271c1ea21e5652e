"""The relay: publishes what transactions wrote, and takes off the list what the broker has confirmed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import msgspec
import structlog

from messages.destinations import DEAD_LETTER, route
from messages.outbound import CONTENT_TYPE
from store.crash_points import reached
from store.engine.database import Database
from store.engine.transaction import Transaction
from store.traffic import publications, relaying
from store.traffic.relaying import PendingMessage
from workers.brokers import BrokerUnavailable, OutboundChannel, Outgoing
from workers.hints.signals import Bell
from workers.roles.progress import Progress

log = structlog.get_logger()

#: Messages of a destination a batch: a wait for confirms costs the same for one as for a thousand.
MESSAGES_A_BATCH = 1_000
#: The lease outlives a batch whose confirms are slow (30 s); destinations of a killed relay wait so long.
LEASE_SECONDS = 35.0
#: A destination that refuses is tried again after this long at the latest.
LONGEST_BACK_OFF_SECONDS = 60.0


class Relay:
    """Leases destinations, publishes with no transaction open, then deletes what was confirmed."""

    name = "relay"

    def __init__(self, database: Database, connect: Callable[[], OutboundChannel], bell: Bell) -> None:
        self._database = database
        self._connect = connect
        self._bell = bell
        self._channel: OutboundChannel | None = None
        self._token = str(uuid4())
        #: By destination, the hour and the oldest message published in it that are written down.
        self._noted: dict[str, tuple[datetime, datetime]] = {}

    def step(self) -> Progress:
        """Publish one batch of every destination that waits and that no other relay has."""
        with self._database.begin(lasting=False) as tx:
            leased = relaying.lease(tx, self._token, LEASE_SECONDS)
            if not leased:
                return Progress()
            relaying.walk_the_list(tx)
            batch = relaying.pending(tx, leased, MESSAGES_A_BATCH)
        reached("relay.leased")
        confirmed, refused, broken = self._publish(batch)
        reached("relay.confirmed")
        done = self._settle(batch, confirmed, refused)
        if broken is not None:
            raise broken
        more = any(
            len(messages) == MESSAGES_A_BATCH and not any(each.message_id in refused for each in messages)
            for messages in batch.values()
        )
        return Progress(done=done, more=more)

    def wait(self, seconds: float) -> None:
        """Wait until there is something to publish; the channel's heartbeat goes on."""
        if not self._bell.wait(self.name, seconds) and self._channel is not None:
            try:
                self._channel.heartbeat()
            except BrokerUnavailable:
                self.close()

    def close(self) -> None:
        """Close the channel; leases run out by themselves."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def _publish(
        self, batch: Mapping[str, Sequence[PendingMessage]]
    ) -> tuple[frozenset[str], Mapping[str, str], BrokerUnavailable | None]:
        """Publish; return what is certain, and the error if some of it is not."""
        try:
            if self._channel is None:
                self._channel = self._connect()
            result = self._channel.publish(
                [_outgoing(name, each) for name, messages in batch.items() for each in messages]
            )
        except BrokerUnavailable as broken:
            self.close()
            return broken.confirmed, broken.refused, broken
        return result.confirmed, result.refused, None

    def _settle(
        self,
        batch: Mapping[str, Sequence[PendingMessage]],
        confirmed: frozenset[str],
        refused: Mapping[str, str],
    ) -> int:
        done = 0
        noted = dict(self._noted)
        out = {
            name: [each for each in messages if each.message_id in confirmed]
            for name, messages in batch.items()
        }
        reasons = {
            name: [refused[each.message_id] for each in messages if each.message_id in refused]
            for name, messages in batch.items()
        }
        positions = {name: [each.position for each in messages] for name, messages in out.items()}
        with self._database.begin() as tx:
            tx.foresee_now()
            free = {name: gone for name, gone in positions.items() if not reasons[name]}
            held = relaying.confirmed(tx, self._token, free, release=True)
            relaying.release(tx, self._token, [name for name, gone in free.items() if not gone])
            held |= relaying.confirmed(
                tx, self._token, {name: positions[name] for name in positions if name not in free}
            )
            for name in batch:
                if name in held:
                    done += len(out[name])
                    self._note(tx, noted, name, out[name])
                elif out[name]:
                    log.warning("writeoff.destination.lost", destination=name)
                    continue
                if name not in free:
                    self._refused(tx, name, reasons[name])
            reached("relay.deleted")
        reached("relay.settled")
        self._noted = noted
        if done:
            log.info(
                "writeoff.relay.published",
                messages=done,
                destinations={name: len(messages) for name, messages in batch.items()},
            )
        return done

    def _refused(self, tx: Transaction, destination: str, reasons: Sequence[str]) -> None:
        log.warning(
            "writeoff.destination.refuses",
            destination=destination,
            messages=len(reasons),
            reason=reasons[0],
        )
        relaying.back_off(tx, destination, self._token, reasons[0], LONGEST_BACK_OFF_SECONDS)

    @staticmethod
    def _note(
        tx: Transaction,
        noted: dict[str, tuple[datetime, datetime]],
        destination: str,
        published: Sequence[PendingMessage],
    ) -> None:
        """Write down how old what was published in this hour is: once an hour, and when it is older yet."""
        if not published:
            return
        oldest, hour = min(each.created_at for each in published), publications.hour_of(tx.now)
        known = noted.get(destination)
        if known is None or known[0] != hour or known[1] > oldest:
            publications.note(tx, destination, oldest)
            noted[destination] = (hour, oldest)


def _outgoing(destination: str, message: PendingMessage) -> Outgoing:
    origin: str | None = None
    if destination == DEAD_LETTER:
        origin = msgspec.json.decode(message.body)["data"]["origin"]
    where = route(message.type, destination, origin=origin)
    return Outgoing(
        id=message.message_id,
        exchange=where.exchange,
        routing_key=where.routing_key,
        body=message.body,
        content_type=CONTENT_TYPE,
        message_id=message.message_id,
        correlation_id=message.correlation_id or "",
        type=message.type,
        timestamp=int(message.created_at.timestamp()),
    )
