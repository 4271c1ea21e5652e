"""What operators do: journaled and decided like any other command, in one transaction, without a broker."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import structlog

from handlers.intake_kind import IntakeDecision
from messages import codec
from messages.inbound.data import InboundData
from messages.inbound.operations import SOURCE
from messages.malformed import Malformed
from store import inbox
from store.database import Database
from store.errors import StoreBusy, StoreUnavailable
from store.inbox import DeadLetter, Identity, Received
from store.transaction import Transaction
from workers.effects import Nudges
from workers.intake.deciding import decide_messages
from workers.intake.journaling import journal
from workers.intake.understanding import Understood, understand_operator
from workers.set_context import SetContext, context
from workers.shelf import PolicyShelf
from writeoff import identity as identities
from writeoff.decision import Apply, Refuse
from writeoff.errors import WriteoffError
from writeoff.facts import Fact
from writeoff.value import Value

log = structlog.get_logger()

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
    """

    command: Command
    refusal: str | None = None
    message: str | None = None
    facts: tuple[Fact, ...] = ()
    again: bool = False


class CommandUnusable(WriteoffError):
    """A command that no system could have sent: what is wrong in it, as one sentence."""


def submit(database: Database, shelf: PolicyShelf, commands: Sequence[Command]) -> tuple[Outcome, ...]:
    """Journal and decide commands in one transaction; all of them happen, or none.

    Raises `CommandUnusable` for the first that cannot be used, and a `StoreError` where the database is away.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return _submit(database, shelf, commands)
        except (StoreBusy, StoreUnavailable) as error:
            log.info("writeoff.operator.again", reason=str(error))
    return _submit(database, shelf, commands)


def _submit(database: Database, shelf: PolicyShelf, commands: Sequence[Command]) -> tuple[Outcome, ...]:
    with database.begin() as tx:
        now = context(tx, shelf)
        messages = [_understood(each, now) for each in commands]
        dead: list[DeadLetter] = []
        fresh = journal(tx, now, messages, dead, Nudges())
        for letter in dead:  # the whole is rolled back: the operator is told here and now
            raise CommandUnusable(letter.problem)
        heard: dict[Identity, IntakeDecision] = {}
        decide_messages(tx, now, fresh, heard=heard)
        return tuple(
            _outcome(tx, command, message, heard) for command, message in zip(commands, messages, strict=True)
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
