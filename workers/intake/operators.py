"""What operators do: journaled and decided like any other command, in one transaction, without a broker."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import structlog

from handlers.kinds.intake_kind import IntakeDecision
from handlers.kinds.projection import Addressed
from messages import codec
from messages.inbound.data import InboundData
from messages.inbound.operations import SOURCE
from messages.malformed import Malformed
from store.crash_points import reached
from store.engine.database import Database
from store.engine.errors import StoreBusy, StoreUnavailable
from store.engine.transaction import Transaction
from store.traffic import inbox
from store.traffic.inbox import DeadLetter, Identity, Received, StoredMessage
from workers.intake.authentication import OpenAuthenticator
from workers.intake.deciding import decide_messages
from workers.intake.handed_over import hand_over
from workers.intake.journaling import journal
from workers.intake.understanding import Understood, understand_operator
from workers.sets.context import SetContext, context
from workers.sets.effects import Nudges
from workers.sets.shelf import PolicyShelf
from writeoff import identity as identities
from writeoff.decision import Apply, Refuse
from writeoff.errors import WriteoffError
from writeoff.facts import Fact
from writeoff.value import Value

log = structlog.get_logger()

T = TypeVar("T")

#: Stands for the queue in the journal: no broker had it in hand.
QUEUE = "operations"
#: How often a command is tried again after a deadlock or a lock timeout, or a commit of unknown outcome.
MOST_TRIES = 3


class Command(Value, frozen=True, kw_only=True):
    """What `user` orders, whom the system knows as `publisher`. `at` makes two equal orders two commands."""

    user: str
    publisher: str
    opco: str
    data: InboundData
    at: datetime

    @property
    def identity(self) -> Identity:
        """(source, id); the id derives from everything that the command is (R12)."""
        return self.source, identities.derive(
            "operator",
            self.source,
            self.data.type_name,
            self.opco,
            self.at.isoformat(),
            self._canonical.decode(),
        )

    @property
    def source(self) -> str:
        """`/operations/<user>`."""
        return SOURCE + self.user

    @property
    def _canonical(self) -> bytes:
        return codec.canonical(msgspec.json.decode(msgspec.json.encode(self.data)))

    def received(self) -> Received:
        """Return the command as the journal keeps it: a CloudEvent, as if it had come from a queue."""
        source, message_id = self.identity
        body = codec.encode(
            {
                "specversion": "1.0",
                "id": message_id,
                "source": source,
                "type": self.data.type_name,
                "time": self.at.astimezone(UTC),
                "datacontenttype": "application/json",
                "opco": self.opco,
                "data": msgspec.Raw(self._canonical),
            }
        )
        return Received(
            queue=QUEUE,
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
            content_type="application/cloudevents+json",
            headers="{}",
            properties="{}",
        )


class Outcome(Value, frozen=True, kw_only=True):
    """What became of a command: its facts, or why it was refused.

    With `again` it had been decided before, under this identity or its business key, and nothing happened.
    `handed_over` is what became of the message that it handed over again.
    """

    command: Command
    refusal: str | None = None
    message: str | None = None
    facts: tuple[Fact, ...] = ()
    again: bool = False
    handed_over: "HandedOver | None" = None


class HandedOver(Value, frozen=True, kw_only=True):
    """A dead letter's message under its identity: its state in the journal, and why it was refused.

    With `again` it had come another way before, and nothing happened now.
    """

    source: str
    message_id: str
    state: str
    refusal: str | None
    message: str | None
    again: bool


class Written(Value, frozen=True, kw_only=True):
    """Everything that a transaction wrote: facts, and the messages made of them."""

    facts: tuple[Fact, ...]
    messages: tuple[Addressed, ...]


class _Rehearsed(Exception):
    """Carries out what a rehearsal would have done."""

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        self.outcomes = outcomes


class CommandUnusable(WriteoffError):
    """A command that no system could have sent: what is wrong in it, as one sentence."""


def submit(
    database: Database, shelf: PolicyShelf, commands: Sequence[Command], broken: frozenset[str] = frozenset()
) -> tuple[Outcome, ...]:
    """Journal and decide commands in one transaction; all of them happen, or none.

    `broken` names dead letters that are not read: an earlier try ended in an exception.
    Raises `CommandUnusable` for the first that cannot be used, and a `StoreError` where the database is away.
    """
    return _tried(lambda: _submit(database, shelf, commands, broken))


def rehearse(
    database: Database, shelf: PolicyShelf, commands: Sequence[Command], broken: frozenset[str] = frozenset()
) -> tuple[tuple[Outcome, ...], Written]:
    """Do what `submit` does, and roll it back: return what would come of it, and all that it would write."""
    return _tried(lambda: _rehearse(database, shelf, commands, broken))


def _tried(work: Callable[[], T]) -> T:
    for _ in range(MOST_TRIES - 1):
        try:
            return work()
        except (StoreBusy, StoreUnavailable) as error:
            log.info("writeoff.operator.again", reason=str(error))
    return work()


def _rehearse(
    database: Database, shelf: PolicyShelf, commands: Sequence[Command], broken: frozenset[str]
) -> tuple[tuple[Outcome, ...], Written]:
    facts: list[Fact] = []
    messages: list[Addressed] = []

    def witness(some: Sequence[Fact], told: Sequence[Addressed]) -> None:
        facts.extend(some)
        messages.extend(told)

    try:
        with database.begin() as tx:
            tx.witness = witness
            raise _Rehearsed(_in_transaction(tx, shelf, commands, broken))  # noqa: TRY301 - the roll-back
    except _Rehearsed as rehearsed:
        return rehearsed.outcomes, Written(facts=tuple(facts), messages=tuple(messages))


def _submit(
    database: Database, shelf: PolicyShelf, commands: Sequence[Command], broken: frozenset[str]
) -> tuple[Outcome, ...]:
    with database.begin() as tx:
        outcomes = _in_transaction(tx, shelf, commands, broken)
        reached("operators.decided")
    reached("operators.committed")
    return outcomes


def _in_transaction(
    tx: Transaction, shelf: PolicyShelf, commands: Sequence[Command], broken: frozenset[str]
) -> tuple[Outcome, ...]:
    now = context(tx, shelf)
    messages = [_understood(each, now) for each in commands]
    dead: list[DeadLetter] = []
    fresh = journal(tx, now, messages, dead, Nudges())
    for letter in dead:  # the whole is rolled back: the operator is told here and now
        raise CommandUnusable(letter.problem)
    reached("operators.journaled")
    handed = hand_over(tx, now, fresh, OpenAuthenticator(), broken)
    heard: dict[Identity, IntakeDecision] = {}
    decide_messages(tx, now, [*fresh, *handed.messages], heard=heard, letters=handed.seen)
    stored = inbox.stored(tx, handed.became.values())
    return tuple(
        msgspec.structs.replace(
            _outcome(tx, command, message, heard),
            handed_over=_handed_over(handed.became.get(message.identity), stored, heard),
        )
        for command, message in zip(commands, messages, strict=True)
    )


def _handed_over(
    identity: Identity | None,
    stored: Mapping[Identity, StoredMessage],
    heard: Mapping[Identity, IntakeDecision],
) -> HandedOver | None:
    if identity is None:
        return None
    # Of what came long before, the bytes may be gone.
    message, decision = stored.get(identity), heard.get(identity)
    return HandedOver(
        source=identity[0],
        message_id=identity[1],
        state=message.state if message is not None else "done",
        refusal=message.refusal if message is not None else None,
        message=decision.message if isinstance(decision, Refuse) else None,
        again=decision is None,
    )


def _understood(command: Command, now: SetContext) -> Understood:
    try:
        return understand_operator(command.received(), command.publisher, now.policies)
    except Malformed as malformed:
        raise CommandUnusable(f"{malformed.path or 'The command'}: {malformed.problem}") from malformed


def _outcome(
    tx: Transaction, command: Command, message: Understood, heard: dict[Identity, IntakeDecision]
) -> Outcome:
    decision = heard.get(message.identity)
    match decision:
        case Apply(facts=facts):
            return Outcome(command=command, facts=facts)
        case Refuse(reason=reason, message=sentence, facts=facts):
            return Outcome(command=command, refusal=reason, message=sentence, facts=facts)
        case None:
            stored = inbox.stored(tx, [message.identity])[message.identity]
            return Outcome(command=command, refusal=stored.refusal, again=True)
        case _:
            return Outcome(command=command)
