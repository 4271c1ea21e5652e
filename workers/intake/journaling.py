"""Claiming identities and business keys: what is new, what came before, what contradicts it (R12)."""

from collections.abc import Sequence

from handlers.starting.answers import command_name, refuse
from store.cleaning import retention
from store.engine.transaction import Transaction
from store.traffic import business_keys, inbox
from store.traffic.inbox import DeadLetter, Identity
from workers.intake.understanding import Understood, same_content, same_data
from workers.sets.context import SetContext
from workers.sets.effects import Nudges, apply


def journal(
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
    fresh = list(first.values())
    holders = business_keys.claim(
        tx, [(key, each.identity) for each in fresh if (key := each.business_key) is not None]
    )
    again = [
        (each, holders[key])
        for each in fresh
        if (key := each.business_key) is not None and holders[key] != each.identity
    ]
    # Of several that refer to one thing and came together the first may be refused: each is decided.
    again = [(each, holder) for each, holder in again if not (each.prepared.key_refers and holder in first)]
    stored = inbox.stored(tx, {holder for _, holder in again if holder is not None})
    done_before: set[Identity] = set()
    given_back: set[Identity] = set()
    for each, holder in again:
        done_before.add(each.identity)
        # Whose bytes are no longer kept cannot be compared: it is not taken for the same.
        if holder is not None and holder in stored and same_data(each.envelope, stored[holder]):
            nudges.add(_answer_duplicate(tx, now, each))
        else:
            inbox.forget(tx, [each.identity])
            given_back.add(each.identity)
    other_data = [each for each in good if each.identity in given_back]
    dead += [_conflict(each, "the business key of an earlier message with other data") for each in other_data]
    dead += _conflicts(tx, [each for each in repeated if each.identity not in given_back])
    return [each for each in fresh if each.identity not in done_before]


def _conflicts(tx: Transaction, repeated: Sequence[Understood]) -> list[DeadLetter]:
    """Return those repetitions of an identity that say something else; the others are nothing new."""
    stored = inbox.stored(tx, [each.identity for each in repeated])
    digests = retention.digests(tx, [each.identity for each in repeated])
    return [
        _conflict(each, "the identity (source and id) of an earlier message with other content")
        for each in repeated
        if each.arrival.received.sha256 != digests[each.identity]
        and not (each.identity in stored and same_content(each.envelope, stored[each.identity]))
    ]


def _conflict(message: Understood, what: str) -> DeadLetter:
    return DeadLetter(
        received=message.arrival.received,
        reason="conflicting-duplicate",
        path="id" if "identity" in what else None,
        problem=f"The message has {what}; the first stands. Send it under an identity of its own.",
        type=message.envelope.type,
        opco=message.envelope.opco,
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
