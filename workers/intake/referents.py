"""What replies are about: the account and process of a referral, the message that is acknowledged."""

from collections.abc import Mapping, Sequence

import msgspec

from store.engine.transaction import Transaction
from store.reading import replies
from workers.intake.understanding import Understood
from writeoff.case import Case
from writeoff.sent import SentMessage


def led(tx: Transaction, messages: Sequence[Understood]) -> list[Understood]:
    """Return the messages with account and process where they name a referral of their opco (R26).

    A referral never changes its account, so this is known before the account is locked.
    """
    named = {each.prepared.referral_id for each in messages if each.prepared.referral_id is not None}
    found = replies.referred(tx, named)
    return [_led(each, found) for each in messages]


def _led(message: Understood, found: Mapping[str, tuple[tuple[str, str], str]]) -> Understood:
    place = found.get(message.prepared.referral_id or "")
    if place is None or place[0][0] != message.envelope.opco:
        return message
    (_, account_id), process_id = place
    prepared = msgspec.structs.replace(message.prepared, account_id=account_id, process_id=process_id)
    return msgspec.structs.replace(message, prepared=prepared)


class Acknowledged:
    """The messages that a set of acknowledgements names."""

    def __init__(self, tx: Transaction, messages: Sequence[Understood]) -> None:
        named = {
            each.prepared.message_id: each.envelope.opco
            for each in messages
            if each.prepared.message_id is not None
        }
        self._found: Mapping[str, SentMessage] = replies.sent(tx, named)

    def looked_at(self, case: Case, message: Understood) -> Case:
        """Return the case with the message that this one acknowledges, if it went out."""
        message_id = message.prepared.message_id
        if message_id is None:
            return case
        return msgspec.structs.replace(case, sent=self._found.get(message_id))
