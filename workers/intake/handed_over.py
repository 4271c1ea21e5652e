"""Dead letters that an operator hands over again: read like a delivery, before the command is decided."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from handlers.operations.dead_letters import Command, closed_to
from messages import envelope as envelopes
from messages.destinations import UNDELIVERED_QUEUE
from messages.inbound.operations.handle_dead_letter import DiscardDeadLetter, EditDeadLetter, RetryDeadLetter
from messages.malformed import Malformed
from store.engine.transaction import Transaction
from store.traffic import dead_letters
from store.traffic.dead_letters import Kept
from store.traffic.inbox import DeadLetter, Identity
from workers.brokers import Delivery
from workers.intake.authentication import Authenticator
from workers.intake.journaling import journal
from workers.intake.understanding import Understood, understand
from workers.sets.context import SetContext
from workers.sets.effects import Nudges
from writeoff.dead_letter import Became, StillDead
from writeoff.dead_letter import DeadLetter as Seen
from writeoff.value import Value

#: Stands before the id of a dead letter in the id of what it was edited to.
EDIT_OF = "edit-of-"
#: Where RabbitMQ says which queue a message was given up in.
_FIRST_QUEUE = "x-first-death-queue"
#: Stands for that queue where nobody says.
_NO_QUEUE = "operations"


class HandedOver(Value, frozen=True, kw_only=True):
    """`seen` is each command's letter, `messages` what is to be decided, `became` each command's message."""

    seen: Mapping[Identity, Seen]
    messages: Sequence[Understood]
    became: Mapping[Identity, Identity]


def hand_over(
    tx: Transaction,
    now: SetContext,
    commands: Sequence[Understood],
    authenticator: Authenticator,
    broken: frozenset[str] = frozenset(),
) -> HandedOver:
    """Read and journal what these commands hand over. Letters in `broken` are not read: they broke a try."""
    about = {
        each.identity: each.prepared.command
        for each in commands
        if isinstance(each.prepared.command, RetryDeadLetter | EditDeadLetter | DiscardDeadLetter)
    }
    kept = dead_letters.kept(tx, (each.dead_letter_id for each in about.values()))
    seen: dict[Identity, Seen] = {}
    read: dict[Identity, Understood] = {}
    for identity, command in about.items():
        letter = kept.get(command.dead_letter_id)
        if letter is None:
            continue
        seen[identity] = letter.letter
        if isinstance(command, DiscardDeadLetter) or closed_to(command, letter.letter) is not None:
            continue
        found = _read(command, letter, now, authenticator, broken)
        if isinstance(found, Understood):
            read[identity] = found
        else:
            seen[identity] = msgspec.structs.replace(letter.letter, found=found)
    dead: list[DeadLetter] = []
    fresh = journal(tx, now, list(read.values()), dead, Nudges())
    conflicts = {id(each.received): each for each in dead}
    became: dict[Identity, Identity] = {}
    for identity, message in read.items():
        found_dead = conflicts.get(id(message.arrival.received))
        outcome: Became | StillDead
        if found_dead is not None:
            outcome = _still(found_dead)
        else:
            outcome = Became(source=message.identity[0], message_id=message.identity[1])
            became[identity] = message.identity
        seen[identity] = msgspec.structs.replace(seen[identity], found=outcome)
    return HandedOver(seen=seen, messages=fresh, became=became)


def _read(
    command: Command, kept: Kept, now: SetContext, authenticator: Authenticator, broken: frozenset[str]
) -> Understood | StillDead:
    if command.dead_letter_id in broken:
        return StillDead(
            reason="crashed-intake", path=None, problem="This message broke what read it; report a bug."
        )
    if kept.gone:
        return StillDead(reason="no-longer-kept", path=None, problem="Its bytes are no longer kept.")
    try:
        delivery = _delivery(command, kept)
    except Malformed as malformed:
        return StillDead(reason=malformed.reason, path=malformed.path or None, problem=malformed.problem)
    found = understand(delivery, now.policies, authenticator)
    return found if isinstance(found, Understood) else _still(found)


def _delivery(command: Command, kept: Kept) -> Delivery:
    """Return the letter as a queue would deliver it, edited where the command is an edit."""
    received = kept.received
    headers: dict[str, Any] = msgspec.json.decode(received.headers)
    body, content_type = received.body, received.content_type
    if isinstance(command, EditDeadLetter):
        body = command.body.encode()
        content_type = command.content_type if command.content_type is not None else content_type
        changed = {**headers, **(command.headers or {})}
        headers = {name: value for name, value in changed.items() if value is not None}
        body, headers = envelopes.with_id(body, content_type, headers, EDIT_OF + command.dead_letter_id)
    queue = received.queue
    if queue == UNDELIVERED_QUEUE:
        first = headers.get(_FIRST_QUEUE)
        queue = first if isinstance(first, str) and first else _NO_QUEUE
    return Delivery(
        queue=queue,
        body=body,
        content_type=content_type,
        headers=headers,
        properties=msgspec.json.decode(received.properties),
        redelivered=False,
        delivery_count=0,
        token=None,
    )


def _still(letter: DeadLetter) -> StillDead:
    return StillDead(reason=letter.reason, path=letter.path, problem=letter.problem)
