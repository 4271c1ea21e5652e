"""An operator has a dead letter read again, as it is or edited, or discards it.

What is handed over goes the way of everything that comes, in the same transaction. What cannot be used even
now leaves the letter as it is. An edited letter is done with: another edit would be a second message of it.
"""

from datetime import UTC
from typing import assert_never

from handlers.kinds.intake_kind import IntakeDecision, IntakeKind, Prepared
from messages.envelope import Envelope
from messages.inbound.operations.handle_dead_letter import DiscardDeadLetter, EditDeadLetter, RetryDeadLetter
from writeoff.case import Case
from writeoff.dead_letter import Became, DeadLetter, StillDead
from writeoff.decision import Apply, Refuse
from writeoff.facts import DeadLetterDiscarded, DeadLetterEdited, DeadLetterRetried
from writeoff.policy.model import Policy

Command = RetryDeadLetter | EditDeadLetter | DiscardDeadLetter


def prepare(envelope: Envelope, data: Command, _policy: Policy) -> Prepared:
    """Take the command as it is: the letter is found when it is decided."""
    return Prepared(command=data, actor=envelope.source)


def decide(
    command: Command,
    case: Case,
    _final: bool,  # noqa: FBT001 - the signature of every inbound type
) -> IntakeDecision:
    """Let the letter be what the command says, unless it is done with or its message is still dead."""
    letter = case.dead_letter
    if letter is None:
        return Refuse(
            reason="unknown-dead-letter", message=f"There is no dead letter {command.dead_letter_id}."
        )
    if (refused := closed_to(command, letter)) is not None:
        return refused
    match letter.found:
        case StillDead(reason=reason, path=path, problem=problem):
            return Refuse(reason="still-dead", message=f"{reason}, {path or 'the message'}: {problem}")
        case Became() | None:
            return Apply(facts=(_done(command, case, letter),))
        case _:
            assert_never(letter.found)


def closed_to(command: Command, letter: DeadLetter) -> Refuse | None:
    """Return why nothing more can be done about a letter, by who did what; None where it can.

    Of the same bytes that came again after a discard or a retry the letter is open again to either.
    """
    at = letter.acted_at.astimezone(UTC) if letter.acted_at else None
    when = f"by {letter.acted_by} at {at:%Y-%m-%d %H:%M:%SZ}" if at else ""
    if letter.state == "edited":
        became = f"; it is message {letter.became.message_id} now" if letter.became else ""
        return Refuse(reason="already-edited", message=f"This dead letter was edited {when}{became}.")
    if isinstance(command, EditDeadLetter) and command.revision != letter.revision:
        done = f"it was {letter.state} {when}" if letter.acted_at else f"it is at revision {letter.revision}"
        return Refuse(
            reason="changed-meanwhile", message=f"Not as it was at revision {command.revision}: {done}."
        )
    if letter.state == "retried" and (letter.since == 0 or isinstance(command, EditDeadLetter)):
        return Refuse(reason="already-retried", message=f"This dead letter was retried {when}.")
    if letter.state == "discarded" and letter.since == 0 and isinstance(command, DiscardDeadLetter):
        return Refuse(reason="already-discarded", message=f"This dead letter was discarded {when}.")
    return None


def _done(
    command: Command, case: Case, letter: DeadLetter
) -> DeadLetterRetried | DeadLetterEdited | DeadLetterDiscarded:
    if isinstance(command, DiscardDeadLetter):
        return DeadLetterDiscarded(
            cause=case.cause,
            dead_letter_id=letter.dead_letter_id,
            revision=letter.revision,
            reason=command.reason,
        )
    if not isinstance(letter.found, Became):
        raise TypeError("a dead letter is handed over before it is decided that it was")
    kind = DeadLetterEdited if isinstance(command, EditDeadLetter) else DeadLetterRetried
    return kind(
        cause=case.cause,
        dead_letter_id=letter.dead_letter_id,
        revision=letter.revision,
        source=letter.found.source,
        message_id=letter.found.message_id,
        reason=command.reason,
    )


KINDS = tuple(
    IntakeKind(type_name=each.type_name, prepare=prepare, decide=decide)
    for each in (RetryDeadLetter, EditDeadLetter, DiscardDeadLetter)
)
