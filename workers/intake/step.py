"""The intake role: take what has arrived, journal and decide it in one transaction, then acknowledge."""

import threading
from collections.abc import Callable, Sequence

import structlog

from handlers.answers import refuse
from handlers.intake.unsupported import command_name
from messages.outbound import DeadLetterRecorded, compose, encode
from store import inbox, outbox
from store.database import Database
from store.errors import StoreBusy, StoreUnavailable
from store.inbox import BusinessKey, DeadLetter, Identity
from store.outbox import NewMessage
from store.transaction import Transaction
from workers.brokers import Delivery, InboundChannel
from workers.effects import Nudges, apply
from workers.intake.authentication import Authenticator
from workers.intake.deciding import decide_messages
from workers.intake.understanding import (
    Understood,
    crashed,
    received,
    same_content,
    same_data,
    understand,
)
from workers.progress import Progress
from workers.set_context import SetContext, context
from workers.shelf import PolicyShelf
from workers.signals import Signals
from writeoff import identity as identities

log = structlog.get_logger()

#: Messages a set: from here on larger sets gain little, and the transaction stays well under a second.
MESSAGES_A_SET = 500
#: Bytes a set, so that a few bulk requests do not fill memory: 16 MiB is one message of the largest size.
BYTES_A_SET = 64 * 1024 * 1024
#: Seconds between looks at a database that is away; the broker's heartbeat needs one every ten.
RETRY_SECONDS = 1.0


class Intake:
    """Reads the inbound queues. Any number of intakes may run; what they hold is given back when they die."""

    name = "intake"

    def __init__(
        self,
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
            # What may have killed an intake before is taken alone: it can only take itself along.
            suspects = [each for each in deliveries if each.redelivered]
            rest = [each for each in deliveries if not each.redelivered]
            for deliveries_of_a_set in [rest, *([each] for each in suspects)]:
                self._handle(channel, deliveries_of_a_set)
        except BaseException:
            self.close()
            raise
        return Progress(done=len(deliveries), more=len(deliveries) == MESSAGES_A_SET)

    def _handle(self, channel: InboundChannel, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        while True:
            try:
                nudges = self._commit(deliveries)
                break
            except (StoreUnavailable, StoreBusy) as away:
                # Keep what is in hand, heartbeats going, and take no more.
                log.warning("writeoff.intake.waiting", messages=len(deliveries), reason=str(away))
                channel.heartbeat()
                if self._stop.wait(RETRY_SECONDS):
                    raise
            except Exception:
                log.exception("writeoff.intake.broken", messages=len(deliveries))
                if len(deliveries) == 1:
                    nudges = self._bury_crashed(deliveries[0])
                    break
                half = len(deliveries) // 2
                self._handle(channel, deliveries[:half])
                self._handle(channel, deliveries[half:])
                return
        channel.acknowledge(deliveries)
        self._signals.send(nudges)

    def _commit(self, deliveries: Sequence[Delivery]) -> Nudges:
        with self._database.begin() as tx:
            now = context(tx, self._shelf)
            read = [understand(each, now.policies, self._authenticator) for each in deliveries]
            dead = [each for each in read if isinstance(each, DeadLetter)]
            good = [each for each in read if isinstance(each, Understood)]
            nudges = Nudges()
            fresh = self._journal(tx, now, good, dead, nudges)
            nudges.add(decide_messages(tx, now, fresh))
            nudges.messages += _bury(tx, dead)
        log.info(
            "writeoff.intake.committed",
            messages=len(deliveries),
            new=len(fresh),
            dead=len(dead),
            repeated=len(good) - len(fresh),
            out=nudges.messages,
        )
        return nudges

    def _journal(
        self,
        tx: Transaction,
        now: SetContext,
        good: Sequence[Understood],
        dead: list[DeadLetter],
        nudges: Nudges,
    ) -> list[Understood]:
        """Claim identities and business keys; return what is to be decided, add what is dead to `dead`."""
        new = inbox.journal(tx, [each.arrival for each in good])
        first: dict[Identity, Understood] = {}
        repeated: list[Understood] = []
        for each in good:
            if each.identity in new and each.identity not in first:
                first[each.identity] = each
            else:
                repeated.append(each)
        dead += _conflicts(tx, repeated)
        fresh = list(first.values())
        holders = inbox.claim_keys(
            tx, [(key, each.identity) for each in fresh if (key := business_key(each)) is not None]
        )
        again = [
            (each, holders[key])
            for each in fresh
            if (key := business_key(each)) is not None and holders[key] != each.identity
        ]
        stored = inbox.stored(tx, {holder for _, holder in again})
        done_before: set[Identity] = set()
        for each, holder in again:
            done_before.add(each.identity)
            if same_data(each.envelope, stored[holder]):
                nudges.add(_answer_duplicate(tx, now, each))
            else:
                inbox.forget(tx, [each.identity])
                dead.append(_conflict(each, "the business key of an earlier message with other data"))
        return [each for each in fresh if each.identity not in done_before]

    def _bury_crashed(self, delivery: Delivery) -> Nudges:
        with self._database.begin() as tx:
            nudges = Nudges()
            nudges.messages = _bury(tx, [crashed(received(delivery))])
        return nudges


def business_key(message: Understood) -> BusinessKey | None:
    """Return the business key of a message, if it has one (R12)."""
    key = message.prepared.business_key
    return (message.envelope.opco, *key) if key is not None else None


def _conflicts(tx: Transaction, repeated: Sequence[Understood]) -> list[DeadLetter]:
    """Return those repetitions of an identity that say something else; the others are nothing new."""
    stored = inbox.stored(tx, [each.identity for each in repeated])
    return [
        _conflict(each, "the identity (source and id) of an earlier message with other content")
        for each in repeated
        if each.arrival.received.sha256 != stored[each.identity].digest
        and not same_content(each.envelope, stored[each.identity])
    ]


def _conflict(message: Understood, what: str) -> DeadLetter:
    return DeadLetter(
        received=message.arrival.received,
        reason="conflicting-duplicate",
        path="id" if "identity" in what else None,
        problem=f"The message has {what}; the first stands. Send it under an identity of its own.",
    )


def _answer_duplicate(tx: Transaction, now: SetContext, message: Understood) -> Nudges:
    """Answer a request that was already made, under another message id, with the same data."""
    if message.prepared.request_id is None:
        return Nudges()
    cause = message.cause(now.base(message.envelope.opco, message.prepared.actor))
    answered = refuse(
        cause,
        answers_message_id=message.envelope.id,
        request_id=message.prepared.request_id,
        command=command_name(message.envelope.type),
        refusal="duplicate-request",
        message=f"Request {message.prepared.request_id} was already made with the same data.",
    )
    inbox.set_state(tx, [message.identity], "refused", "duplicate-request")
    return apply(tx, [answered], now.today)


def _bury(tx: Transaction, dead: Sequence[DeadLetter]) -> int:
    """Keep dead letters, and give notice of those that are new."""
    notices: list[NewMessage] = []
    for dead_letter_id, letter in inbox.bury(tx, dead):
        data = DeadLetterRecorded(
            dead_letter_id=dead_letter_id,
            reason=letter.reason,
            path=letter.path,
            origin=letter.received.queue,
            size=len(letter.received.body),
            sha256=letter.received.sha256,
            first_seen=tx.now,
        )
        message = compose(
            data,
            id=identities.derive("message", data.type_name, dead_letter_id),
            opco=None,
            subject=letter.received.queue,
            time=tx.now,
            correlationid=dead_letter_id,
            causationid=dead_letter_id,
        )
        notices.append(
            NewMessage(
                message_id=message.id,
                destination="dead-letter",
                type=data.type_name,
                body=encode(message),
                opco=None,
                account_id=None,
                process_id=None,
                correlation_id=dead_letter_id,
                causation_id=dead_letter_id,
            )
        )
        log.warning(
            "writeoff.message.dead",
            dead_letter_id=dead_letter_id,
            reason=letter.reason,
            path=letter.path,
            queue=letter.received.queue,
        )
    outbox.add(tx, notices)
    return len(notices)
