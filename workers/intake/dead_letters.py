"""Dead letters: kept as rows with their exact bytes, and announced without them."""

from collections.abc import Sequence

import structlog

from messages.outbound import DeadLetterRecorded, compose, encode
from store.engine.transaction import Transaction
from store.traffic import inbox, outbox
from store.traffic.inbox import DeadLetter
from store.traffic.outbox import NewMessage
from writeoff import identity as identities

log = structlog.get_logger()


def bury(tx: Transaction, dead: Sequence[DeadLetter]) -> int:
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
